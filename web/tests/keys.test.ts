import { describe, expect, it } from "vitest";
import { lowestRow, nearest, placed } from "../src/keyboard/keys";

const keyboard = {
  ...{ layout: "tiny-xx", model_id: "swipe-xx", language: "xx", predicts: true },
  ...{ width: 300, height: 100, key_width: 100, key_height: 50 },
  keys: [
    { letter: "a", x: 50, y: 25 },
    { letter: "b", x: 150, y: 25 },
    { letter: "c", x: 250, y: 25 },
    { letter: "e", x: 200, y: 75 },
    { letter: "d", x: 100, y: 75 },
    { letter: "é", x: 200, y: 75 },
  ],
};

describe("keys", () => {
  const keys = placed(keyboard);

  it("lie in fractions of the keyboard, letters of one place on one key", () => {
    expect(keys.map((key) => key.letter)).toEqual(["a", "b", "c", "e", "d"]);
    expect(keys[3]).toMatchObject({ shared: ["é"], y: 0.75, height: 0.5 });
    expect(keys[3]?.x).toBeCloseTo(2 / 3);
  });

  it("are touched where they are nearest, by their sizes on the screen", () => {
    expect(nearest(keys, 0.1, 0.1, 1 / 3).letter).toBe("a");
    expect(nearest(keys, 0.64, 0.9, 1 / 3).letter).toBe("e");
    expect(nearest(keys, 0.4, 0.55, 1 / 3).letter).toBe("d");
    expect(nearest(keys, 0.46, 0.55, 3).letter).toBe("d");
  });

  it("end with a row that shift and backspace stand beside", () =>
    expect(lowestRow(keys).map((key) => key.letter)).toEqual(["d", "e"]));
});
