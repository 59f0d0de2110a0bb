/** Dots that travel along lines: a fixed number of circles, which are used again. */

import { svg } from "../shared/svg";
import type { Point } from "./flow_map";

const EACH = 4; // dots of a line at the same time
const MS = 1_100;
const APART_MS = 160;

interface Way {
  frames: Keyframe[];
  readonly circles: readonly SVGCircleElement[];
}

export class Dots {
  private readonly ways = new Map<string, Way>();

  constructor(
    private readonly root: SVGGElement,
    private readonly still: MediaQueryList,
  ) {}

  /** Say where a line runs: its corners, and how far along each is. */
  lay(name: string, points: readonly Point[], offsets: readonly number[]): void {
    const frames = points.map(([x, y], n) => ({ transform: `translate(${x}px, ${y}px)`, offset: offsets[n] ?? 1 }));
    const known = this.ways.get(name);
    if (known) {
      known.frames = frames;
      return;
    }
    const circles = Array.from({ length: EACH }, () => svg("circle", { r: 5, class: "dot", visibility: "hidden" }));
    this.root.append(...circles);
    this.ways.set(name, { frames, circles });
  }

  /** Let so many dots go; those that are under way are not begun again. */
  send(name: string, count: number): void {
    if (this.still.matches || document.hidden) return;
    const way = this.ways.get(name);
    const free = way?.circles.filter((circle) => circle.getAnimations().length === 0) ?? [];
    free.slice(0, count).forEach((circle, n) => {
      circle.setAttribute("visibility", "visible");
      const going = circle.animate(way?.frames ?? [], { duration: MS, delay: n * APART_MS, fill: "backwards" });
      going.addEventListener("finish", () => circle.setAttribute("visibility", "hidden"));
      going.addEventListener("cancel", () => circle.setAttribute("visibility", "hidden"));
    });
  }
}
