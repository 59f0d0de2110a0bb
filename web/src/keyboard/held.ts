/** Keys that go on acting while they are held. */

const FIRST_MS = 450;
const EVERY_MS = 70;

/** Repeat `act` while a finger stays on the button; the press itself is a click like any other. */
export function repeatWhileHeld(button: HTMLElement, act: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = () => {
    act();
    timer = setTimeout(again, EVERY_MS);
  };
  button.addEventListener("pointerdown", () => (timer = setTimeout(again, FIRST_MS)));
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    button.addEventListener(end, () => clearTimeout(timer));
  }
}
