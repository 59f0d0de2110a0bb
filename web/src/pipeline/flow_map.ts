/** Where the parts of the flow stand in the drawing, and which lines join them. Pure. */

export type Point = readonly [x: number, y: number];
export type Part =
  | "keyboards" | "ingest" | "swipes" | "requests" | "trainer" | "deltas"
  | "aggregator" | "models" | "store" | "predictor"; // prettier-ignore
export type Kind = "people" | "service" | "topic" | "store";

export const KINDS: Readonly<Record<Part, Kind>> = {
  keyboards: "people",
  ingest: "service",
  swipes: "topic",
  requests: "topic",
  trainer: "service",
  deltas: "topic",
  aggregator: "service",
  models: "topic",
  store: "store",
  predictor: "service",
};

/** What goes from one part to the next; `by` are the corners of a line that is not straight. */
export interface Line {
  readonly from: Part;
  readonly to: Part;
  readonly by?: readonly Point[];
}

export interface FlowMap {
  readonly width: number;
  readonly height: number;
  readonly at: Readonly<Record<Part, Point>>;
  readonly lines: readonly Line[];
}

export const BOX = { width: 132, height: 78 } as const;

/** Left to right, as people read. */
export const WIDE: FlowMap = {
  width: 1000,
  height: 372,
  at: {
    keyboards: [76, 60],
    ingest: [246, 60],
    swipes: [416, 60],
    requests: [416, 186],
    trainer: [586, 60],
    deltas: [756, 60],
    aggregator: [924, 60],
    models: [756, 186],
    store: [924, 312],
    predictor: [416, 312],
  },
  lines: [
    { from: "keyboards", to: "ingest" },
    { from: "ingest", to: "swipes" },
    { from: "ingest", to: "requests", by: [[246, 186]] },
    { from: "swipes", to: "trainer" },
    { from: "requests", to: "trainer", by: [[560, 186], [560, 60]] },
    { from: "trainer", to: "deltas" },
    { from: "deltas", to: "aggregator" },
    { from: "aggregator", to: "models", by: [[900, 60], [900, 186]] },
    { from: "aggregator", to: "store", by: [[950, 60], [950, 312]] },
    { from: "models", to: "trainer", by: [[612, 186], [612, 60]] },
    { from: "models", to: "predictor", by: [[756, 250], [440, 250], [440, 312]] },
    { from: "store", to: "predictor" },
    { from: "store", to: "trainer", by: [[586, 312]] },
    { from: "predictor", to: "keyboards", by: [[76, 312]] },
  ],
};

/** Top to bottom, for a narrow screen. */
export const NARROW: FlowMap = {
  width: 360,
  height: 690,
  at: {
    keyboards: [80, 50],
    predictor: [272, 50],
    ingest: [80, 168],
    requests: [272, 168],
    swipes: [80, 286],
    trainer: [80, 404],
    models: [272, 404],
    deltas: [80, 522],
    aggregator: [80, 640],
    store: [272, 640],
  },
  lines: [
    { from: "keyboards", to: "ingest" },
    { from: "ingest", to: "swipes" },
    { from: "ingest", to: "requests" },
    { from: "swipes", to: "trainer" },
    { from: "requests", to: "trainer", by: [[272, 346], [110, 346], [110, 404]] },
    { from: "trainer", to: "deltas" },
    { from: "deltas", to: "aggregator" },
    { from: "aggregator", to: "models", by: [[110, 640], [110, 581], [272, 581]] },
    { from: "aggregator", to: "store" },
    { from: "models", to: "trainer" },
    { from: "models", to: "predictor", by: [[348, 404], [348, 50]] },
    { from: "store", to: "predictor", by: [[348, 640], [348, 50]] },
    { from: "store", to: "trainer", by: [[176, 640], [176, 424], [80, 424]] },
    { from: "predictor", to: "keyboards" },
  ],
};

/** The corners of a line, from the edge of its first part to the edge of its last. */
export function corners(map: FlowMap, line: Line): Point[] {
  const middles = [map.at[line.from], ...(line.by ?? []), map.at[line.to]];
  const ending = upTo(map.at[line.to], middles);
  return upTo(map.at[line.from], ending.reverse()).reverse();
}

/** Whether a point lies in a part's box, edges left out. */
export function inBox([x, y]: Point, [middleX, middleY]: Point): boolean {
  return Math.abs(x - middleX) < BOX.width / 2 && Math.abs(y - middleY) < BOX.height / 2;
}

/** Cut a line where it first enters the box around this middle; its pieces run along an axis. */
function upTo(middle: Point, points: readonly Point[]): Point[] {
  const first = points.findIndex((point, n) => n > 0 && inBox(point, middle) && !inBox(points[n - 1] ?? point, middle));
  const [before, inside] = [points[first - 1], points[first]];
  if (!before || !inside) return [...points];
  const edge: Point =
    before[0] === inside[0]
      ? [inside[0], middle[1] + (Math.sign(before[1] - middle[1]) * BOX.height) / 2]
      : [middle[0] + (Math.sign(before[0] - middle[0]) * BOX.width) / 2, inside[1]];
  return [...points.slice(0, first), edge];
}

/** How far along the whole line each corner is, from 0 to 1. */
export function along(points: readonly Point[]): number[] {
  const lengths = points.slice(1).map(([x, y], n) => {
    const [from, to] = points[n] ?? [x, y];
    return Math.hypot(x - from, y - to);
  });
  const whole = lengths.reduce((sum, one) => sum + one, 0) || 1;
  let done = 0;
  return [0, ...lengths.map((one) => (done += one) / whole)];
}
