/** One gesture, from touch down to touch up. */

export type Point = [x: number, y: number, t: number];

const MOST_POINTS = 2_000; // what ingest takes

/** Takes touch events in: x and y in pixels of the keyboard, t in ms. */
export class Gesture {
  readonly points: Point[] = [];
  private readonly start: number;
  private every = 1; // of the events that come, one in so many is kept
  private count = 0;

  constructor(x: number, y: number, t: number) {
    this.start = t;
    this.points.push([tenths(x), tenths(y), 0]);
  }

  /** Add an event; a clock that runs backwards stands still. */
  add(x: number, y: number, t: number): void {
    this.count += 1;
    if (this.count % this.every !== 0) return;
    const last = this.points.at(-1) ?? [0, 0, 0];
    const point: Point = [tenths(x), tenths(y), Math.max(last[2], tenths(t - this.start))];
    if (point.some((value, i) => value !== last[i])) this.points.push(point); // touch up may repeat the last move
    if (this.points.length === MOST_POINTS) this.thin();
  }

  /** Whether the finger stayed within `reach` pixels of where it came down. */
  isTap(reach: number): boolean {
    const [first] = this.points;
    return !first || this.points.every(([x, y]) => Math.hypot(x - first[0], y - first[1]) <= reach);
  }

  private thin(): void {
    const kept = this.points.filter((_, number) => number % 2 === 0);
    this.points.splice(0, this.points.length, ...kept);
    this.every *= 2;
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
