import { describe, expect, it } from "vitest";
import { Gesture } from "../src/keyboard/gesture";

describe("a gesture", () => {
  it("counts time from touch down, and never backwards", () => {
    const gesture = new Gesture(10.04, 20, 1_000.5);
    gesture.add(11, 21, 1_010.5);
    gesture.add(12, 22, 1_009);
    gesture.add(13, 23, 1_020.5);
    expect(gesture.points).toEqual([
      [10, 20, 0],
      [11, 21, 10],
      [12, 22, 10],
      [13, 23, 20],
    ]);
  });

  it("counts no event twice", () => {
    const gesture = new Gesture(1, 2, 0);
    gesture.add(3, 4, 8);
    gesture.add(3, 4, 8);
    expect(gesture.points.length).toBe(2);
  });

  it("is a tap while the finger stays near", () => {
    const gesture = new Gesture(100, 100, 0);
    gesture.add(103, 104, 30);
    expect(gesture.isTap(5)).toBe(true);
    gesture.add(100, 106, 60);
    gesture.add(100, 100, 90);
    expect(gesture.isTap(5)).toBe(false);
  });

  it("holds at most what ingest takes, from its first event to nearly its last", () => {
    const gesture = new Gesture(0, 0, 0);
    for (let event = 1; event <= 10_000; event++) gesture.add(event, 0, event);
    const { points } = gesture;
    expect(points.length).toBeLessThan(2_000);
    expect(points[0]).toEqual([0, 0, 0]);
    expect(points.at(-1)?.[0]).toBeGreaterThan(9_980);
    const gaps = points.slice(1).map(([x], i) => x - (points[i]?.[0] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * 8);
  });
});
