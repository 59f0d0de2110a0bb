import { describe, expect, it } from "vitest";
import { along, BOX, corners, inBox, KINDS, NARROW, WIDE, type FlowMap, type Part } from "../src/pipeline/flow_map";

const PARTS = Object.keys(KINDS) as Part[];
const STEP = 2;

function* points(corner: readonly (readonly [number, number])[]) {
  for (let n = 1; n < corner.length; n += 1) {
    const [[x, y], [toX, toY]] = [corner[n - 1]!, corner[n]!];
    const steps = Math.max(1, Math.ceil(Math.hypot(toX - x, toY - y) / STEP));
    for (let at = 0; at <= steps; at += 1) yield [x + ((toX - x) * at) / steps, y + ((toY - y) * at) / steps] as const;
  }
}

describe.each([
  ["wide", WIDE],
  ["narrow", NARROW],
] as const)("the %s map", (_: string, map: FlowMap) => {
  it("keeps its parts apart and inside", () => {
    for (const part of PARTS) {
      const [x, y] = map.at[part];
      expect(x).toBeGreaterThanOrEqual(BOX.width / 2);
      expect(x).toBeLessThanOrEqual(map.width - BOX.width / 2);
      expect(y).toBeGreaterThanOrEqual(BOX.height / 2);
      expect(y).toBeLessThanOrEqual(map.height - BOX.height / 2);
      for (const other of PARTS) {
        const [otherX, otherY] = map.at[other];
        const apart = Math.abs(x - otherX) >= BOX.width || Math.abs(y - otherY) >= BOX.height;
        expect(part === other || apart, `${part} and ${other}`).toBe(true);
      }
    }
  });

  it("draws no line through a part", () => {
    for (const line of map.lines) {
      const corner = corners(map, line);
      for (const point of points(corner)) {
        for (const part of PARTS) expect(inBox(point, map.at[part]), `${line.from} to ${line.to} in ${part}`).toBe(false);
      }
    }
  });

  it("turns at right angles", () => {
    for (const line of map.lines) {
      const corner = corners(map, line);
      for (let n = 1; n < corner.length; n += 1) {
        const [[x, y], [toX, toY]] = [corner[n - 1]!, corner[n]!];
        expect(x === toX || y === toY, `${line.from} to ${line.to}`).toBe(true);
      }
    }
  });
});

it("both maps have the same lines, in the same order", () => {
  const names = (map: FlowMap) => map.lines.map(({ from, to }) => `${from} ${to}`);
  expect(names(NARROW)).toEqual(names(WIDE));
});

it("says how far along a line each corner is", () => {
  expect(along([[0, 0], [30, 0], [30, 10]])).toEqual([0, 0.75, 1]);
  expect(along([[5, 5], [5, 5]])).toEqual([0, 0]);
});
