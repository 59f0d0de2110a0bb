/** The words that a swipe may mean, as buttons; the entered one is pressed. */

import { element } from "../shared/element";

/** Shows them in `root`; a press tells which. */
export class Suggestions {
  constructor(
    private readonly root: HTMLElement,
    private readonly choose: (number: number) => void,
  ) {
    root.addEventListener("mousedown", (event) => event.preventDefault()); // the caret stays in the text
  }

  show(words: readonly string[], chosen: number): void {
    const buttons = words.map((word, number) => {
      const button = element("button", { type: "button", "aria-pressed": String(number === chosen) }, word);
      button.addEventListener("click", () => this.choose(number));
      return button;
    });
    this.root.replaceChildren(...buttons);
  }
}
