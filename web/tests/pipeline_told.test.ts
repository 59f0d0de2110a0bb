import { expect, it } from "vitest";
import type { Pipeline } from "../src/api/pipeline";
import { Countdown } from "../src/pipeline/countdown";
import { moved, told } from "../src/pipeline/told";

const MODEL = "swipe-en";

function pipeline(): Pipeline {
  return {
    at_ms: 1_000,
    judged_since_ms: 0,
    caught_up: true,
    swipes: { total: 1200, per_second: 2.5 },
    requests: { total: 3, per_second: 0 },
    deltas: { total: 40, per_second: 0.2, latest: [] },
    lineages: {
      [MODEL]: {
        head: { version: 4, model_sha256: "a".repeat(64), link_sha256: "b".repeat(64) },
        window: { folded: 3, wanted: 4, seconds_left: 12.4, opened_ms: 500 },
        versions: [{ version: 4, closed_by: "DELTAS", deltas: 4, judged: 10, right: 8, among_few: 9 }],
        serving: { stable: null, pinned: false, canary: null, share: null },
      },
    },
    predictors: [{ model_id: MODEL, url: "http://x", version: 4, ready: true, instance: "i" }],
    lag: { "fedswipe.trainer": { behind: 7 }, "fedswipe.aggregator.swipe-en": { behind: 3 } },
    dead_letters: { total: 0, by_reason: {} },
  };
}

it("says what each part has to say", () => {
  const shown = told(pipeline(), MODEL, 12);
  expect(shown.keyboards.large).toBe("2.5");
  expect(shown.ingest.large).toBe("1,200");
  expect(shown.swipes.large).toBe("7");
  expect(shown.aggregator).toEqual({ large: "3 of 4", small: "12 s left", full: 0.75 });
  expect(shown.models).toEqual({ large: "v4", small: "bbbbbbbb" });
  expect(shown.store.large).toBe("aaaaaaaa");
  expect(shown.predictor).toEqual({ large: "v4", small: "1 of 1 ready" });
});

it("says so where nothing is known", () => {
  const empty = pipeline();
  empty.predictors = [];
  empty.lineages[MODEL]!.head = null;
  empty.lineages[MODEL]!.window = { folded: 2, wanted: null, seconds_left: null, opened_ms: null };
  const shown = told(empty, MODEL, null);
  expect(shown.aggregator).toEqual({ large: "2", small: "in the window", full: 0 });
  expect(shown.models.large).toBe("none");
  expect(shown.predictor).toEqual({ large: "–", small: "none is known" });
  expect(told(pipeline(), "another", null).aggregator.large).toBe("0");
});

it("moves nothing at first, and nothing when nothing changed", () => {
  expect(moved(null, pipeline(), MODEL)).toEqual([]);
  expect(moved(pipeline(), pipeline(), MODEL)).toEqual([]);
});

it("moves what came along each line", () => {
  const now = pipeline();
  now.swipes.total += 5;
  now.lag["fedswipe.trainer"] = { behind: 2 };
  now.deltas.total += 2;
  now.lineages[MODEL]!.head!.version = 5;
  now.predictors[0]!.version = 5;
  now.lineages[MODEL]!.versions[0]!.judged += 1;
  const ways = Object.fromEntries(moved(pipeline(), now, MODEL).map(([from, to, count]) => [`${from} ${to}`, count]));
  expect(ways).toEqual({
    "keyboards ingest": 5,
    "ingest swipes": 5,
    "swipes trainer": 10,
    "trainer deltas": 2,
    "deltas aggregator": 2,
    "aggregator models": 1,
    "aggregator store": 1,
    "models trainer": 1,
    "models predictor": 1,
    "store trainer": 1,
    "store predictor": 1,
    "predictor keyboards": 1,
  });
});

it("counts down between snapshots and stops at none", () => {
  const countdown = new Countdown();
  expect(countdown.seconds(0)).toBeNull();
  countdown.take(pipeline().lineages[MODEL], 1_000);
  expect(countdown.seconds(1_000)).toBe(13);
  expect(countdown.seconds(3_000)).toBe(11);
  expect(countdown.seconds(90_000)).toBe(0);
  countdown.take(undefined, 91_000);
  expect(countdown.seconds(91_000)).toBeNull();
});
