/** The shift key: off, for one letter or word, or locked. */

export type Shift = "off" | "once" | "locked";

/** What a tap on the key makes of it. */
export function pressed(shift: Shift): Shift {
  return shift === "off" ? "once" : shift === "once" ? "locked" : "off";
}

/** How a word or letter is written under the key. */
export function capitals(word: string, shift: Shift): string {
  if (shift === "locked") return word.toLocaleUpperCase();
  if (shift === "off") return word;
  const [first = ""] = word;
  return first.toLocaleUpperCase() + word.slice(first.length);
}
