import { describe, expect, it } from "vitest";
import { beginsSentence, context, enter, erase, insert, replace, withoutWord } from "../src/keyboard/text";

/** A text with its caret at | or its selection between two. */
function text(marked: string) {
  const [before = "", inside = "", after] = marked.split("|");
  const [selected, rest] = after === undefined ? ["", inside] : [inside, after];
  return { value: before + selected + rest, start: before.length, end: before.length + selected.length };
}

describe("entering a word", () => {
  it.each([
    ["|", "word|"],
    ["how|", "how word|"],
    ["how |", "how word|"],
    ["how\n|", "how\nword|"],
    ["how (|", "how (word|"],
    ["how.|", "how. word|"],
    ["a |bad| word", "a word| word"],
  ])("%s becomes %s", (before, after) => expect(enter(text(before), "word").text).toEqual(text(after)));

  it("tells where the word stands", () => {
    expect(enter(text("how|"), "are").span).toEqual({ start: 3, word: 4, end: 7 });
    expect(enter(text("|"), "are").span).toEqual({ start: 0, word: 0, end: 3 });
  });
});

describe("a word that was entered", () => {
  const entered = enter(text("how| you"), "are");

  it("gives way to another one, and the caret stays behind it", () => {
    const replaced = replace(entered.text, entered.span, "were");
    expect(replaced.text).toEqual(text("how were| you"));
    expect(replaced.span).toEqual({ start: 3, word: 4, end: 8 });
  });

  it("leaves a caret elsewhere where it was", () => {
    expect(replace(text("h|ow are you"), entered.span, "were").text).toEqual(text("h|ow were you"));
    expect(replace(text("how are yo|u"), entered.span, "were").text).toEqual(text("how were yo|u"));
  });

  it("goes with its space", () => expect(withoutWord(entered.text, entered.span)).toEqual(text("how| you")));
});

describe("single characters", () => {
  it("take the selection's place", () => expect(insert(text("a|bc|d"), "x")).toEqual(text("ax|d")));
  it.each([
    ["ab|c", "a|c"],
    ["a|bc|d", "a|d"],
    ["|a", "|a"],
    ["a👩‍👩‍👧|", "a|"],
    ["й|", "|"],
  ])("%s without one is %s", (before, after) => expect(erase(text(before))).toEqual(text(after)));
});

describe("what stands before the caret", () => {
  it("is cut at a word", () => {
    expect(context(text("how are| you"))).toBe("how are");
    expect(context(text(`${"word ".repeat(100)}end|`), 12)).toBe("word end");
  });
  it.each([
    ["|", true],
    ["Yes. |", true],
    ["Yes.|", true],
    ["yes|", false],
    ["yes, |", false],
    ["„Да!» |", true],
  ])("%s begins a sentence: %s", (before, begins) => expect(beginsSentence(text(before))).toBe(begins));
});
