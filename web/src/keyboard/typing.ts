/** A keyboard that is swiped on: gestures become words, words that were kept become swipes for training. */

import { predict, Refused, type Keyboard, type Swipe, type Word } from "../api/calls";
import type { Act } from "./board";
import { Composer, type Field, type Shown } from "./composer";
import { InOrder } from "./in_order";
import { randomId, type Sharing } from "./sharing";
import { context } from "./text";
import type { Drawn, Touched } from "./touch";

const SUGGESTIONS = 4;
const SETTLED_MS = 4_000; // a word that was not corrected for so long was meant

/** What became of a request for words: they came, or the swipe was refused, or nobody was reached. */
export type Predicted = "words" | "refused" | "away";

export interface Typed {
  shown(shown: Shown): void;
  kept(swipe: Swipe): void;
  predicted(what: Predicted): void;
}

/** Everything that fingers do, in order. */
export class Typing implements Touched {
  keyboard: Keyboard | null = null;
  private readonly acts = new InOrder();
  private readonly composer: Composer<Swipe | null>;
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly field: Field,
    private readonly sharing: Sharing,
    private readonly typed: Typed,
  ) {
    const kept = (swipe: Swipe | null, word: string) => swipe && sharing.on && typed.kept({ ...swipe, word });
    this.composer = new Composer(field, kept, (shown) => typed.shown(shown));
  }

  swiped(drawn: Drawn): void {
    const layout = this.keyboard?.layout;
    if (layout) this.acts.then(() => this.read(layout, drawn));
  }

  tapped(letter: string): void {
    this.acts.do(() => this.composer.letter(letter));
  }

  held(letters: readonly string[]): void {
    this.tapped(letters[0] ?? "");
  }

  choose(number: number): void {
    this.acts.do(() => {
      this.composer.choose(number);
      this.settleLater();
    });
  }

  /** Do what a key does that is no letter; languages are the page's. */
  act(act: Exclude<Act, "language">): void {
    this.acts.do(() => {
      if (act === "shift") this.composer.pressShift();
      else if (act === "erase") this.composer.erase();
      else this.composer.character(act === "space" ? " " : act === "enter" ? "\n" : act);
    });
  }

  /** No more is to come to the last word: the page goes away, or the text was changed by other means. */
  settle(): void {
    clearTimeout(this.pause);
    this.composer.settle();
  }

  private async read(layout: string, drawn: Drawn): Promise<void> {
    this.settle();
    const swipe = { layout, ...drawn };
    const names = this.names();
    let words: Word[];
    try {
      words = await predict({ ...swipe, ...names, context: context(this.field.read()), top_k: SUGGESTIONS });
      this.typed.predicted("words");
    } catch (error) {
      this.typed.predicted(whyNot(error)); // said on the page: a swipe without an answer has no word to keep
      return;
    }
    this.composer.swiped(names && { ...swipe, ...names }, words);
    this.settleLater();
  }

  /** Whose swipe it is, null without consent: such a swipe is never sent, whatever is agreed to later. */
  private names(): { client_id: string; swipe_id: string } | null {
    const { on, clientId } = this.sharing;
    return on && clientId !== null ? { client_id: clientId, swipe_id: randomId() } : null;
  }

  private settleLater(): void {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.composer.settle(), SETTLED_MS);
  }
}

/** Say why a request gave no words; an error that is no request's passes. */
function whyNot(error: unknown): Predicted {
  if (error instanceof Refused) return error.status < 500 ? "refused" : "away";
  if (error instanceof TypeError || error instanceof DOMException) return "away"; // as fetch and its time limit tell
  throw error;
}
