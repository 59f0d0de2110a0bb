/** The keys as buttons, so that they have names, focus and a place in the tab order: one, arrows do the rest. */

import type { Keyboard } from "../api/calls";
import { element } from "../shared/element";
import { fillTexts, languageName, type TextName } from "../shared/texts";
import { repeatWhileHeld } from "./held";
import { lowestRow, nearest, placed, type PlacedKey } from "./keys";

/** What a key does that is no letter. */
export type Act = "shift" | "erase" | "language" | "space" | "enter" | "," | "." | "?" | "!";

const BOTTOM: readonly (readonly [act: Act, from: number, to: number])[] = [
  ["language", 0, 0.13],
  [",", 0.13, 0.22],
  ["?", 0.22, 0.31],
  ["space", 0.31, 0.69],
  ["!", 0.69, 0.78],
  [".", 0.78, 0.87],
  ["enter", 0.87, 1],
];
const SIGNS: Partial<Record<Act, string>> = { shift: "⇧", erase: "⌫", enter: "⏎" };

/** The board of one keyboard. Letters lie in its upper part, which is `letters` of its height. */
export class Board {
  readonly keys: readonly PlacedKey[];
  readonly aspect: number; // of the letters' part: height by width
  readonly letters: number;
  private readonly shift: HTMLButtonElement;

  constructor(
    private readonly root: HTMLElement,
    canvas: HTMLCanvasElement,
    keyboard: Keyboard,
    act: (act: Act) => void,
    letter: (letter: string) => void,
  ) {
    this.keys = placed(keyboard);
    this.aspect = keyboard.height / keyboard.width;
    const lowest = lowestRow(this.keys);
    const [first, last] = [lowest[0], lowest.at(-1)];
    if (!first || !last) throw new Error(`${keyboard.layout}: a keyboard without keys`);
    const end = first.y + first.height / 2;
    this.letters = 1 / (end + first.height);
    root.replaceChildren(...this.keys.map((key) => this.letterKey(key, letter)));
    this.shift = this.actKey("shift", 0, first.x - first.width / 2, first.y, first.height, act);
    const erase = this.actKey("erase", last.x + last.width / 2, 1, first.y, first.height, act);
    repeatWhileHeld(erase, () => act("erase"));
    for (const [name, from, to] of BOTTOM) this.actKey(name, from, to, end + first.height / 2, first.height, act);
    this.sign("language", keyboard.language.toUpperCase());
    this.sign("space", languageName(keyboard.language));
    root.style.aspectRatio = String(this.letters / this.aspect);
    root.append(canvas);
    this.oneTabStop();
    fillTexts(root);
  }

  /** The key of a point in fractions of the letters' part. */
  nearest(x: number, y: number): PlacedKey {
    return nearest(this.keys, x, y, this.aspect);
  }

  /** Whether a touch there is one of letters, for a swipe or a tap. */
  isLetter(target: EventTarget | null): boolean {
    return target instanceof Element && !target.closest(".act");
  }

  /** Show which case the next letters have. */
  showCase(upper: boolean, shifted: boolean): void {
    this.shift.setAttribute("aria-pressed", String(shifted));
    for (const button of this.root.querySelectorAll<HTMLElement>("[data-letter]")) {
      const letter = button.dataset["letter"] ?? "";
      const name = button.firstChild as Text;
      const shown = upper ? letter.toLocaleUpperCase() : letter;
      if (name.data !== shown) name.data = shown;
    }
  }

  /** Show something on a key that is part of its name, too. */
  private sign(act: "language" | "space", shown: string): void {
    const meaning = element("span", { class: "hidden", "data-text": `keyboard.${act}` satisfies TextName });
    this.root.querySelector(`[data-act="${act}"]`)?.replaceChildren(`${shown} `, meaning);
  }

  private letterKey(key: PlacedKey, letter: (letter: string) => void): HTMLButtonElement {
    const button = element("button", { type: "button", "data-letter": key.letter }, key.letter);
    if (key.shared.length > 0) button.append(element("small", { "aria-hidden": "true" }, ...key.shared));
    const [left, top] = [key.x - key.width / 2, key.y - key.height / 2];
    this.place(button, left, top, key.width, key.height);
    // Fingers and mice are read as gestures; what is left are keyboards and assistive technology.
    button.addEventListener("click", (event) => event.detail === 0 && letter(key.letter));
    return button;
  }

  private actKey(act: Act, from: number, to: number, y: number, height: number, does: (act: Act) => void) {
    const button = element("button", { type: "button", class: "act", "data-act": act }, SIGNS[act] ?? act);
    if (act in SIGNS) button.dataset["label"] = `keyboard.${act}` as TextName;
    this.place(button, from, y - height / 2, to - from, height);
    button.addEventListener("click", () => does(act));
    this.root.append(button);
    return button;
  }

  private place(button: HTMLElement, left: number, top: number, width: number, height: number): void {
    const percent = (part: number) => `${part * 100}%`;
    button.style.left = percent(left);
    button.style.top = percent(top * this.letters);
    button.style.width = percent(width);
    button.style.height = percent(height * this.letters);
  }

  private oneTabStop(): void {
    const buttons = [...this.root.querySelectorAll("button")];
    for (const button of buttons) button.tabIndex = -1;
    if (buttons[0]) buttons[0].tabIndex = 0;
    this.root.onkeydown = (event) => {
      const here = buttons.indexOf(document.activeElement as HTMLButtonElement);
      const next = here < 0 ? undefined : neighbour(buttons, here, event.key);
      if (!next) return;
      event.preventDefault();
      for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
      next.focus();
    };
  }
}

const WAYS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The button that is nearest in the way of an arrow key. */
function neighbour(buttons: readonly HTMLButtonElement[], here: number, key: string) {
  const way = WAYS[key];
  const from = buttons[here];
  if (!way || !from) return undefined;
  const middle = (button: HTMLButtonElement) => [
    button.offsetLeft + button.offsetWidth / 2,
    button.offsetTop + button.offsetHeight / 2,
  ] as const;
  const [x, y] = middle(from);
  const ahead = buttons
    .map((button) => {
      const [toX, toY] = middle(button);
      const along = (toX - x) * way[0] + (toY - y) * way[1];
      const aside = Math.abs((toX - x) * way[1]) + Math.abs((toY - y) * way[0]);
      return { button, along, far: along + 3 * aside };
    })
    .filter(({ along, far }) => along > 1 && far < 4 * along + 60);
  return ahead.sort((a, b) => a.far - b.far)[0]?.button;
}
