import { afterEach, describe, expect, it, vi } from "vitest";
import type { Keyboard } from "../src/api/calls";
import { Sharing } from "../src/keyboard/sharing";
import { Typing, type Predicted } from "../src/keyboard/typing";
import type { Text } from "../src/keyboard/text";

const drawn = { width: 360, height: 216, points: [[1, 1, 0]] as [number, number, number][] };
const answer = (status: number, content: unknown) => async () => new Response(JSON.stringify(content), { status });

afterEach(() => void vi.unstubAllGlobals());

async function swipe(answered: () => Promise<Response>): Promise<{ told: Predicted[]; text: string }> {
  vi.stubGlobal("fetch", answered);
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("reportError", (error: unknown) => expect.unreachable(String(error)));
  const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  const told: Predicted[] = [];
  let text: Text = { value: "", start: 0, end: 0 };
  const field = { read: () => text, write: (next: Text) => void (text = next) };
  const typing = new Typing(field, new Sharing(storage), {
    shown: () => {},
    kept: () => {},
    predicted: (what) => void told.push(what),
  });
  typing.keyboard = { layout: "qwerty-en" } as Keyboard;
  typing.swiped(drawn);
  await vi.waitFor(() => expect(told).toHaveLength(1));
  await vi.waitFor(() => expect(told[0] !== "words" || text.value !== "").toBe(true));
  typing.settle();
  return { told, text: text.value };
}

describe("a swipe", () => {
  it("enters the likeliest word", async () => {
    const words = [{ word: "on", display: "on", probability: 1, score: 0 }];
    expect(await swipe(answer(200, { predictions: [{ words }] }))).toEqual({ told: ["words"], text: "on" });
  });

  it("says whether it was refused or nobody was reached, and enters nothing", async () => {
    expect(await swipe(answer(422, { detail: "points" }))).toEqual({ told: ["refused"], text: "" });
    expect(await swipe(answer(503, { detail: "away" }))).toEqual({ told: ["away"], text: "" });
    expect(await swipe(() => Promise.reject(new TypeError("Failed to fetch")))).toEqual({ told: ["away"], text: "" });
  });
});
