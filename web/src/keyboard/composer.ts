/** Makes acts of fingers into text, and tells which word of each swipe was kept in the end. */

import type { Word } from "../api/calls";
import { beginsSentence, enter, erase, insert, replace, withoutWord, type Span, type Text } from "./text";
import { capitals, pressed, type Shift } from "./capitals";

/** Where the text is shown. */
export interface Field {
  read(): Text;
  write(text: Text): void;
}

/** A swiped word that may still be corrected: `made` is whatever the gesture's owner knows it by. */
interface Open<G> {
  readonly made: G;
  readonly words: readonly Word[];
  readonly shift: Shift;
  readonly chosen: number;
  readonly span: Span;
}

/** What the page shows of it. */
export interface Shown {
  readonly words: readonly string[];
  readonly chosen: number;
  readonly shift: Shift;
}

/** `kept` is told each gesture once its word is settled; `changed` whenever what is shown has changed. */
export class Composer<G> {
  private open: Open<G> | null = null;
  private shift: Shift = "off";

  constructor(
    private readonly field: Field,
    private readonly kept: (made: G, word: string) => void,
    private readonly changed: (shown: Shown) => void,
  ) {}

  /** Enter the likeliest word of a gesture, and offer the others. */
  swiped(made: G, words: readonly Word[]): void {
    this.settle();
    const [best] = words;
    if (!best) return;
    const { text, span } = enter(this.field.read(), capitals(best.display, this.shift));
    this.field.write(text);
    this.open = { made, words, shift: this.shift, chosen: 0, span };
    this.releaseShift();
    this.show();
  }

  /** Put another of the offered words in the place of the one that was entered. */
  choose(number: number): void {
    const word = this.open?.words[number];
    if (!this.open || !word || !this.stands(this.open)) return;
    const shown = capitals(word.display, this.open.shift);
    const { text, span } = replace(this.field.read(), this.open.span, shown);
    this.field.write(text);
    this.open = { ...this.open, chosen: number, span };
    this.show();
  }

  /** Type a letter; it has a capital where a sentence begins. */
  letter(letter: string): void {
    this.settle();
    const text = this.field.read();
    const shift = this.shift === "off" && beginsSentence(text) ? "once" : this.shift;
    this.field.write(insert(text, capitals(letter, shift)));
    this.releaseShift();
    this.show();
  }

  /** Type anything else: a space, a punctuation mark, a new line. */
  character(character: string): void {
    this.settle();
    this.field.write(insert(this.field.read(), character));
    this.show();
  }

  /** Take back the swiped word before the caret, which then is nobody's label; or else one character. */
  erase(): void {
    const text = this.field.read();
    const open = this.open;
    if (open && this.stands(open) && text.start === text.end && text.start === open.span.end) {
      this.open = null;
      this.field.write(withoutWord(text, open.span));
    } else {
      this.settle();
      this.field.write(erase(text));
    }
    this.show();
  }

  pressShift(): void {
    this.shift = pressed(this.shift);
    this.show();
  }

  /** Say which word was kept: no more is to come to it. A word that is gone was not. */
  settle(): void {
    const open = this.open;
    this.open = null;
    const word = open?.words[open.chosen];
    if (open && word && this.stands(open)) this.kept(open.made, word.word);
    if (open) this.show();
  }

  private stands(open: Open<G>): boolean {
    const word = open.words[open.chosen];
    const { value } = this.field.read();
    const standing = value.slice(open.span.word, open.span.end);
    const longer = /^\p{L}/u.test(value.slice(open.span.end)); // somebody typed on
    return word !== undefined && standing === capitals(word.display, open.shift) && !longer;
  }

  private releaseShift(): void {
    if (this.shift === "once") this.shift = "off";
  }

  private show(): void {
    const open = this.open;
    const words = open ? open.words.map((word) => capitals(word.display, open.shift)) : [];
    this.changed({ words, chosen: open?.chosen ?? 0, shift: this.shift });
  }
}
