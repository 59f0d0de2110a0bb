import { beforeEach, describe, expect, it } from "vitest";
import { Composer, type Shown } from "../src/keyboard/composer";
import type { Text } from "../src/keyboard/text";

const WORDS = ["on", "in", "im"].map((word) => ({ word, probability: 0.3, display: word === "im" ? "I'm" : word }));

let text: Text, kept: [string, string][], shown: Shown, composer: Composer<string>;

beforeEach(() => {
  text = { value: "", start: 0, end: 0 };
  kept = [];
  const field = { read: () => text, write: (written: Text) => void (text = written) };
  composer = new Composer<string>(field, (made, word) => kept.push([made, word]), (now) => (shown = now));
});

describe("a swipe", () => {
  it("enters its likeliest word and offers the others", () => {
    composer.swiped("g1", WORDS);
    expect(text.value).toBe("on");
    expect(shown).toEqual({ words: ["on", "in", "I'm"], chosen: 0, shift: "off" });
    expect(kept).toEqual([]);
  });

  it("is labelled by its first word once the next one is swiped", () => {
    composer.swiped("g1", WORDS);
    composer.swiped("g2", WORDS);
    expect(text.value).toBe("on on");
    expect(kept).toEqual([["g1", "on"]]);
  });

  it.each([" ", ".", "\n"])("is settled by %j", (character) => {
    composer.swiped("g1", WORDS);
    composer.character(character);
    expect(text.value).toBe(`on${character}`);
    expect(kept).toEqual([["g1", "on"]]);
    expect(shown.words).toEqual([]);
  });

  it("is labelled by its correction, spelt as the lexicon has it", () => {
    composer.swiped("g1", WORDS);
    composer.choose(1);
    composer.choose(2);
    expect(text.value).toBe("I'm");
    composer.settle();
    expect(kept).toEqual([["g1", "im"]]);
  });

  it("is nobody's label once it is taken back, as a whole", () => {
    composer.character("a");
    composer.swiped("g1", WORDS);
    composer.erase();
    expect(text.value).toBe("a");
    composer.settle();
    expect(kept).toEqual([]);
  });

  it("is no label when the text has changed by other means", () => {
    composer.swiped("g1", WORDS);
    text = { value: "one", start: 3, end: 3 };
    composer.settle();
    expect(kept).toEqual([]);
  });

  it("loses its last letter alone once it is settled", () => {
    composer.swiped("g1", WORDS);
    composer.settle();
    composer.erase();
    expect(text.value).toBe("o");
    expect(kept).toEqual([["g1", "on"]]);
  });

  it("without words changes nothing", () => {
    composer.swiped("g1", []);
    expect(text.value).toBe("");
  });
});

describe("capitals", () => {
  it("come by shift for one word, and by a locked one for all", () => {
    composer.pressShift();
    composer.swiped("g1", WORDS);
    composer.swiped("g2", WORDS);
    composer.pressShift();
    composer.pressShift();
    composer.swiped("g3", WORDS);
    composer.swiped("g4", WORDS);
    expect(text.value).toBe("On on ON ON");
  });

  it("stay with a correction, and out of the label", () => {
    composer.pressShift();
    composer.swiped("g1", WORDS);
    composer.choose(1);
    composer.settle();
    expect(text.value).toBe("In");
    expect(kept).toEqual([["g1", "in"]]);
  });

  it("begin a sentence of tapped letters", () => {
    for (const letter of "ab") composer.letter(letter);
    composer.character(".");
    composer.character(" ");
    composer.letter("c");
    expect(text.value).toBe("Ab. C");
  });
});
