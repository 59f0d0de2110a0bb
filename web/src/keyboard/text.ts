/** What becomes of a text, as values: nothing here knows the page. */

/** A text and its selection, from `start` to `end`; both are the caret where nothing is selected. */
export interface Text {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Where a word stands, from `start` (the space that was put before it is part of it) to `end`. */
export interface Span {
  readonly start: number;
  readonly word: number;
  readonly end: number;
}

const NO_SPACE_BEHIND = /[\s([{«“‘\-/]$/u;
const SENTENCE_BEGINS = /(^|[.!?\u2026]["'’”»)\]]*)\s*$/u;

/** Put characters in the selection's place, and the caret behind them. */
export function insert(text: Text, characters: string): Text {
  const value = text.value.slice(0, text.start) + characters + text.value.slice(text.end);
  const caret = text.start + characters.length;
  return { value, start: caret, end: caret };
}

/** Enter a word, behind a space where one is due. */
export function enter(text: Text, word: string): { text: Text; span: Span } {
  const before = text.value.slice(0, text.start);
  const space = before === "" || NO_SPACE_BEHIND.test(before) ? "" : " ";
  const entered = insert(text, space + word);
  return { text: entered, span: { start: text.start, word: text.start + space.length, end: entered.start } };
}

/** Put another word in a word's place; the caret moves behind it if it stood there. */
export function replace(text: Text, span: Span, word: string): { text: Text; span: Span } {
  const value = text.value.slice(0, span.word) + word + text.value.slice(span.end);
  const end = span.word + word.length;
  const moved = (at: number) => (at >= span.end ? at + end - span.end : Math.min(at, end));
  return { text: { value, start: moved(text.start), end: moved(text.end) }, span: { ...span, end } };
}

/** Take a word away with the space that was put before it. */
export function withoutWord(text: Text, span: Span): Text {
  return insert({ value: text.value, start: span.start, end: span.end }, "");
}

/** Take away what is selected, or else the character before the caret, however many code points it has. */
export function erase(text: Text): Text {
  if (text.start !== text.end) return insert(text, "");
  const before = [...new Intl.Segmenter().segment(text.value.slice(0, text.start))];
  const last = before.at(-1)?.segment ?? "";
  return insert({ ...text, start: text.start - last.length }, "");
}

/** The text to the left of the caret, as much of it as says what comes next. */
export function context(text: Text, most = 200): string {
  const before = text.value.slice(0, text.start);
  return before.length <= most ? before : before.slice(-most).replace(/^\S*\s/, "");
}

/** Whether the caret stands where a sentence begins. */
export function beginsSentence(text: Text): boolean {
  return SENTENCE_BEGINS.test(text.value.slice(0, text.start));
}
