/** Pointer events on the board become gestures; the page is measured once a gesture, before it is drawn. */

import type { Board } from "./board";
import { Gesture, type Point } from "./gesture";
import type { Trail } from "./trail";

/** A finished swipe, in CSS pixels of the letters' part. */
export interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly points: Point[];
}

export interface Touched {
  swiped(drawn: Drawn): void;
  tapped(letter: string): void;
  held(letters: readonly string[]): void;
}

const TAP_REACH = 0.45; // of a key's width: a finger that stays within has tapped
const HOLD_MS = 450;

interface Under {
  readonly pointer: number;
  readonly gesture: Gesture;
  readonly box: DOMRect;
}

/** Reads one finger at a time; a second one on the board is passed over until the first is up. */
export class Touch {
  private under: Under | null = null;
  private hold: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly board: () => Board,
    private readonly trail: Trail,
    private readonly touched: Touched,
  ) {
    root.addEventListener("pointerdown", (event) => this.down(event));
    root.addEventListener("pointermove", (event) => this.move(event));
    root.addEventListener("pointerup", (event) => this.up(event));
    root.addEventListener("pointercancel", (event) => this.lost(event));
    root.addEventListener("mousedown", (event) => event.preventDefault()); // the caret stays in the text
    root.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  private down(event: PointerEvent): void {
    if (this.under || event.button !== 0 || !this.board().isLetter(event.target)) return;
    const box = this.root.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    this.root.setPointerCapture(event.pointerId);
    this.under = { pointer: event.pointerId, gesture: new Gesture(x, y, event.timeStamp), box };
    this.trail.begin(x, y, event.timeStamp);
    this.hold = setTimeout(() => this.holds(), HOLD_MS);
  }

  private move(event: PointerEvent): void {
    if (this.under?.pointer !== event.pointerId) return;
    const coalesced = event.getCoalescedEvents();
    for (const each of coalesced.length > 0 ? coalesced : [event]) this.take(this.under, each);
  }

  private up(event: PointerEvent): void {
    const under = this.lost(event);
    if (!under) return;
    this.take(under, event);
    const { gesture, box } = under;
    if (gesture.isTap(this.reach(box))) {
      this.touched.tapped(this.keyUnder(under).letter);
    } else {
      const height = box.width * this.board().aspect;
      this.touched.swiped({ width: tenths(box.width), height: tenths(height), points: gesture.points });
    }
  }

  /** Let the finger go, whatever it drew. */
  private lost(event: PointerEvent): Under | null {
    const under = this.under;
    if (under?.pointer !== event.pointerId) return null;
    clearTimeout(this.hold);
    this.under = null;
    this.trail.end();
    return under;
  }

  /** A finger that rests on a key gives the letters that share it. */
  private holds(): void {
    const under = this.under;
    if (!under?.gesture.isTap(this.reach(under.box))) return;
    const { shared } = this.keyUnder(under);
    if (shared.length === 0) return;
    this.under = null;
    this.trail.end();
    this.touched.held(shared);
  }

  private take(under: Under, event: PointerEvent): void {
    const [x, y] = [event.clientX - under.box.left, event.clientY - under.box.top];
    under.gesture.add(x, y, event.timeStamp);
    this.trail.add(x, y, event.timeStamp);
  }

  private keyUnder({ gesture, box }: Under) {
    const [x, y] = gesture.points[0] ?? [0, 0];
    return this.board().nearest(x / box.width, y / (box.width * this.board().aspect));
  }

  private reach(box: DOMRect): number {
    return TAP_REACH * box.width * (this.board().keys[0]?.width ?? 0);
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
