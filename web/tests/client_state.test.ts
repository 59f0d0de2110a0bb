import { describe, expect, it, vi } from "vitest";
import { Refused } from "../src/api/calls";
import type { Client } from "../src/api/clients";
import { OwnName } from "../src/clients/own_name";
import { answered, failedWith, mayForget, mayRetry } from "../src/clients/state";
import { counts, kept, verdict } from "../src/clients/words";
import { Sharing } from "../src/keyboard/sharing";
import { languages } from "../src/shared/texts";

const NOTHING: Client = {
  ...{ client_id: "c", swipes: 0, swipes_by_layout: {}, words: 0 },
  ...{ deltas: [], versions: [], kept: { swipes_days: 90, deltas_days: 90 }, forgotten: null },
};
const DELTA = {
  ...{ delta_id: "d", model_id: "swipe-en", base_version: 3, examples: 4, offset: 7 },
  ...{ verdict: "folded", folded_in: 4 },
};
const GAVE: Client = { ...NOTHING, swipes: 5, swipes_by_layout: { "jcuken-ru": 2, "qwerty-en": 3 }, words: 4 };

describe("the state", () => {
  it("tells a client that gave from one that did not", () => {
    expect(answered(NOTHING).kind).toBe("empty");
    expect(answered(GAVE).kind).toBe("gave");
    expect(answered({ ...NOTHING, deltas: [DELTA] }).kind).toBe("gave"); // its swipes are older
  });

  it("tells too much to read from other failures; both may be tried again", () => {
    const tooMuch = failedWith(new Refused(503, { code: "TOO_MUCH_TO_READ" }));
    const away = failedWith(new Refused(503, { code: "UNAVAILABLE" }));
    expect([tooMuch.kind, away.kind, failedWith(new TypeError()).kind]).toEqual(["too-much", "failed", "failed"]);
    expect([tooMuch, away, answered(GAVE)].map(mayRetry)).toEqual([true, true, false]);
  });

  it("offers to forget who gave, and a name that gave nothing to its own browser alone", () => {
    expect([mayForget(answered(GAVE), false), mayForget(answered(NOTHING), false)]).toEqual([true, false]);
    expect(mayForget(answered(NOTHING), true)).toBe(true);
    expect(mayForget(failedWith(new Refused(503, { code: "TOO_MUCH_TO_READ" })), false)).toBe(true);
    expect(mayForget(failedWith(new TypeError()), true)).toBe(false);
    expect(mayForget({ kind: "loading" }, true)).toBe(false);
  });

  it("forgets nobody twice", () => {
    expect(mayForget(answered({ ...GAVE, forgotten: { offset: 0 } }), true)).toBe(false);
  });
});

describe("the words", () => {
  it("count what was given, the most used layout first", () => {
    const found = counts({ ...GAVE, deltas: [DELTA], versions: [{ model_id: "swipe-en", version: 4 }] });
    expect(found.map(([, value]) => value)).toEqual(["5 (qwerty-en: 3, jcuken-ru: 2)", "4", "1", "1"]);
  });

  it("name a verdict, also one that is not known here", () => {
    expect(verdict(null)).toBe(languages.en["verdict.unsettled"]);
    expect(verdict("over_norm")).toBe(languages.en["verdict.over_norm"]);
    expect(verdict("over_tomorrow")).toContain("over_tomorrow");
  });

  it("say how long swipes and deltas are kept, and the day from which they are all there", () => {
    const said = kept({ swipes_days: 90, deltas_days: 1 }, Date.UTC(2026, 3, 10, 12));
    expect(said).toMatch(/Swipes .* 90 days .*January 10, 2026.*deltas for 1 day .*April 9, 2026/);
  });

  it("say that something is kept for ever", () => {
    expect(kept({ swipes_days: null, deltas_days: 90 }, 0)).toMatch(/Swipes .* are kept for ever, deltas for 90 days/);
  });
});

describe("this browser's own name", () => {
  function browser(clientId: string) {
    const kept = new Map([
      ["fedswipe.client", "web-1"],
      ["fedswipe.consent", "yes"],
    ]);
    const sharing = new Sharing({
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
      removeItem: (name) => void kept.delete(name),
    });
    const clear = vi.fn(async () => {});
    return { sharing, clear, name: new OwnName(clientId, sharing, async () => ({ clear })) };
  }

  it("is dropped with what waits and the consent", async () => {
    const { sharing, clear, name } = browser("web-1");
    await name.drop();
    expect([sharing.on, sharing.clientId, clear.mock.calls.length]).toEqual([false, null, 1]);
    expect(name.own).toBe(true); // the page goes on to be about it
  });

  it("stays when another client is forgotten", async () => {
    const { sharing, clear, name } = browser("web-2");
    await name.drop();
    expect([name.own, sharing.on, sharing.clientId, clear.mock.calls.length]).toEqual([false, true, "web-1", 0]);
  });
});
