import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused, type Swipe } from "../src/api/calls";
import { SwipeQueue, type Progress, type Waiting } from "../src/keyboard/queue";

class Kept implements Waiting {
  swipes: Swipe[] = [];
  add = async (swipe: Swipe) => void this.swipes.push(swipe);
  oldest = async (most: number) => this.swipes.slice(0, most);
  remove = async (ids: readonly string[]) =>
    void (this.swipes = this.swipes.filter((swipe) => !ids.includes(swipe.swipe_id)));
  count = async () => this.swipes.length;
  clear = async () => void (this.swipes = []);
}

const swipe = (id: number): Swipe => ({
  ...{ client_id: "c", swipe_id: `s${id}`, layout: "qwerty-en", word: "on" },
  ...{ width: 360, height: 216, points: [[1, 1, 0]] },
});

let kept: Kept, got: string[], answer: () => Promise<void>, progress: Progress, queue: SwipeQueue;

function queueOver(waiting: Waiting): SwipeQueue {
  const send = async (swipes: readonly Swipe[]) => {
    await answer();
    got.push(...swipes.map((each) => each.swipe_id));
  };
  return new SwipeQueue(waiting, send, (now) => (progress = now), () => 1);
}

beforeEach(() => {
  vi.useFakeTimers();
  [kept, got, answer] = [new Kept(), [], async () => {}];
  queue = queueOver(kept);
});

afterEach(() => void vi.useRealTimers());

const away = () => Promise.reject(new TypeError("Failed to fetch"));

describe("the queue", () => {
  it("sends a swipe once and forgets it", async () => {
    await queue.push(swipe(1));
    await queue.flush();
    expect(got).toEqual(["s1"]);
    expect(kept.swipes).toEqual([]);
    expect(progress).toEqual({ sent: 1, waiting: 0 });
  });

  it("keeps what was not acknowledged, and tries again later and later", async () => {
    answer = vi.fn(away);
    await queue.push(swipe(1));
    expect(progress).toEqual({ sent: 0, waiting: 1 });
    await vi.advanceTimersByTimeAsync(999);
    expect(answer).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(answer).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(answer).toHaveBeenCalledTimes(2);
    answer = async () => {};
    await vi.advanceTimersByTimeAsync(1);
    expect(got).toEqual(["s1"]);
  });

  it("goes on after a reload, under the same ids", async () => {
    answer = away;
    await queue.push(swipe(1));
    await queue.push(swipe(2));
    answer = async () => {};
    await queueOver(kept).flush();
    expect(got).toEqual(["s1", "s2"]);
  });

  it("sends in batches that outlive a page", async () => {
    for (let id = 0; id < 40; id++) await kept.add(swipe(id));
    const sizes: number[] = [];
    await new SwipeQueue(kept, async (swipes) => void sizes.push(swipes.length), () => {}).flush();
    expect(sizes).toEqual([16, 16, 8]);
  });

  it("sends swipe by swipe what is refused as a whole, and drops the one that it was about", async () => {
    for (const id of [1, 2, 3]) await kept.add(swipe(id));
    const sent: string[] = [];
    const tooLarge = async (swipes: readonly Swipe[]) => {
      if (swipes.some((one) => one.swipe_id === "s2")) throw new Refused(413, {});
      sent.push(...swipes.map((one) => one.swipe_id));
    };
    await new SwipeQueue(kept, tooLarge, () => {}).flush();
    expect(sent).toEqual(["s1", "s3"]);
    expect(kept.swipes).toEqual([]);
  });

  it("drops what ingest refuses for good, and sends the rest", async () => {
    for (const id of [1, 2, 3]) await kept.add(swipe(id));
    const refusal = { index: 1, code: "far_outside", field: "points", remedy: "" };
    answer = async () => {
      if (kept.swipes.length === 3) throw new Refused(422, { errors: [refusal] });
    };
    await queue.flush();
    expect(got).toEqual(["s1", "s3"]);
    expect(progress).toEqual({ sent: 2, waiting: 0 });
  });

  it("waits when ingest is overloaded", async () => {
    answer = async () => Promise.reject(new Refused(503, {}));
    await queue.push(swipe(1));
    expect(kept.swipes.length).toBe(1);
  });

  it("sends nothing twice when flushed while it sends", async () => {
    let release = () => {};
    answer = () => new Promise((resolve) => (release = resolve));
    const pushed = queue.push(swipe(1));
    await vi.advanceTimersByTimeAsync(0);
    const flushed = queue.flush();
    answer = async () => {};
    release();
    await Promise.all([pushed, flushed]);
    expect(got).toEqual(["s1"]);
  });

  it("forgets what was not sent when it is told to", async () => {
    answer = away;
    await queue.push(swipe(1));
    await queue.clear();
    answer = async () => {};
    await vi.advanceTimersByTimeAsync(120_000);
    expect(got).toEqual([]);
  });
});
