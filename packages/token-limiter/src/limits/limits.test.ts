import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { every } from "./every.ts";
import type { Limit, LimitSpec } from "./limit.ts";
import { limitFromSpec } from "./limit-from-spec.ts";
import { quota } from "./quota.ts";
import { slidingWindow } from "./sliding-window.ts";
import { tokenBucket } from "./token-bucket.ts";

const steps = fc.array(fc.record({ waitMs: fc.nat(40), cost: fc.integer({ min: 1, max: 4 }) }), { maxLength: 80 });

/** Walk a limit and list what it admitted: instant and units. */
function walk(
  limit: Limit,
  walked: { waitMs: number; cost: number }[],
): { at: number; cost: number; admitted: boolean }[] {
  let state: unknown = null;
  let at = 1000;
  return walked.map(({ waitMs, cost }) => {
    at += waitMs;
    const taken = limit.take(state, at, cost);
    state = JSON.parse(JSON.stringify(taken.state));
    return { at, cost, admitted: taken.decision.admitted };
  });
}

describe("slidingWindow", () => {
  it("admits whatever keeps every span of the window within the limit, and nothing else", () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 120 }),
        (walked, limit, windowMs) => {
          const log = walk(slidingWindow({ name: "rate", limit, windowMs }), walked);
          log.forEach(({ at, cost, admitted }, i) => {
            const counted = log.slice(0, i).filter((earlier) => earlier.admitted && earlier.at > at - windowMs);
            const used = counted.reduce((sum, earlier) => sum + earlier.cost, 0);
            expect(admitted).toBe(used + cost <= limit);
          });
        },
      ),
    );
  });
});

describe("every", () => {
  it("admits what each of its limits alone would have, had it seen the same charges", () => {
    const parts = [
      quota({ name: "window", limit: 9, windowMs: 70 }),
      slidingWindow({ name: "rate", limit: 5, windowMs: 30 }),
    ];
    fc.assert(
      fc.property(steps, (walked) => {
        let states: unknown[] = [null, null];
        let at = 1000;
        const log = walk(every(...parts), walked);
        walked.forEach(({ waitMs, cost }, i) => {
          at += waitMs;
          const taken = parts.map((part, p) => part.take(states[p] as never, at, cost));
          const admitted = taken.every(({ decision }) => decision.admitted);
          if (admitted) states = taken.map(({ state }) => state);
          expect(log[i]?.admitted).toBe(admitted);
        });
      }),
    );
  });

  it("leaves alone what other limits have counted on the same key", () => {
    const rate = slidingWindow({ name: "rate", limit: 1, windowMs: 1000 });
    const both = every(quota({ name: "token", limit: 2 }), rate);
    const { state } = both.take(null, 0, 1);
    const afterTake = every(quota({ name: "token", limit: 2 })).take(state, 1, 1).state;
    expect(both.peek(afterTake, 1)).toMatchObject([
      { name: "token", remaining: 0 },
      { name: "rate", remaining: 0 },
    ]);
    const afterGive = every(quota({ name: "token", limit: 2 })).give(afterTake ?? {}, 1, 1, 1);
    expect(both.peek(afterGive, 1)).toMatchObject([
      { name: "token", remaining: 1 },
      { name: "rate", remaining: 0 },
    ]);
  });

  it("changes nothing by a return that changes nothing", () => {
    const rate = every(slidingWindow({ name: "rate", limit: 1, windowMs: 1000 }));
    const { state } = rate.take(null, 0, 1);
    expect(rate.give(state ?? {}, 1, 1, 0)).toBe(state);
  });
});

describe("a wait that a limit names", () => {
  it.each([
    quota({ name: "window", limit: 4, windowMs: 70 }),
    slidingWindow({ name: "rate", limit: 4, windowMs: 50 }),
    tokenBucket({ name: "bucket", limit: 4, windowMs: 90 }),
  ])("is exact: $spec.kind", (limit) => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (walked, cost) => {
        let state: unknown = null;
        let at = 1000;
        for (const step of walked) {
          at += step.waitMs;
          state = limit.take(state as never, at, step.cost).state;
        }
        const { decision } = limit.take(state as never, at, cost);
        if (decision.admitted) return;
        const wait = decision.limits[0]?.retryAfterMs ?? Number.NaN;
        expect(limit.take(state as never, at + wait - 1, cost).decision.admitted).toBe(false);
        expect(limit.take(state as never, at + wait, cost).decision.admitted).toBe(true);
      }),
    );
  });
});

describe("how a limit stands", () => {
  const HOUR = 3_600_000;
  const bucket = tokenBucket({ name: "bucket", limit: 4, windowMs: 100 });

  it.each<[string, Limit, number, number, object]>([
    ["quota", quota({ name: "total", limit: 4 }), 3, 9, { remaining: 1 }],
    ["windowed quota", quota({ name: "hourly", limit: 4, windowMs: HOUR }), 3, 9, { remaining: 1, resetMs: HOUR - 9 }],
    ["sliding window", slidingWindow({ name: "rate", limit: 4, windowMs: 100 }), 3, 9, { remaining: 1, resetMs: 91 }],
    ["windowed quota, anew", quota({ name: "hourly", limit: 4, windowMs: HOUR }), 3, HOUR, { remaining: 4 }],
    ["sliding window, free again", slidingWindow({ name: "rate", limit: 4, windowMs: 100 }), 3, 100, { remaining: 4 }],
    ["token bucket: its next unit", bucket, 3, 9, { remaining: 1, resetMs: 16 }],
    ["token bucket, empty", bucket, 4, 0, { remaining: 0, resetMs: 25 }],
    ["token bucket, full again", bucket, 4, 100, { remaining: 4 }],
  ])("%s", (_kind, limit, cost, waitMs, status) => {
    const { state } = limit.take(null, HOUR, cost);
    const [standing] = limit.peek(state, HOUR + waitMs);
    const { name, limit: units, windowMs, ...rest } = standing ?? {};
    expect(rest).toEqual(status);
  });
});

describe("a spec", () => {
  const limits = [
    quota({ name: "total", limit: 3 }),
    quota({ name: "daily", limit: 3, windowMs: 86_400_000 }),
    slidingWindow({ name: "rate", limit: 999_999_999, windowMs: 1000 }),
    tokenBucket({ name: "bucket", limit: 3, windowMs: 1000 }),
    every(quota({ name: "total", limit: 3 }), tokenBucket({ name: "bucket", limit: 3, windowMs: 1000 })),
  ];
  it.each(limits)("survives JSON: $spec.kind", ({ spec }) => {
    expect(limitFromSpec(JSON.parse(JSON.stringify(spec))).spec).toEqual(spec);
  });

  it("is what the limit was made of", () => {
    expect(limits.map(({ spec }) => spec)).toStrictEqual([
      { kind: "quota", name: "total", limit: 3 },
      { kind: "quota", name: "daily", limit: 3, windowMs: 86_400_000 },
      { kind: "sliding_window", name: "rate", limit: 999_999_999, windowMs: 1000 },
      { kind: "token_bucket", name: "bucket", limit: 3, windowMs: 1000 },
      {
        kind: "every",
        limits: [
          { kind: "quota", name: "total", limit: 3 },
          { kind: "token_bucket", name: "bucket", limit: 3, windowMs: 1000 },
        ],
      },
    ]);
  });
});

// A store keeps these for days: whoever reads them tomorrow may be the next version.
describe("what a store keeps", () => {
  const NOW = Date.UTC(2026, 0, 2, 3);
  const DAY = 86_400_000;
  const midnight = Date.UTC(2026, 0, 2);
  const total = quota({ name: "total", limit: 5 });
  const daily = quota({ name: "daily", limit: 5, windowMs: DAY });
  const rate = slidingWindow({ name: "rate", limit: 5, windowMs: 1000 });
  const bucket = tokenBucket({ name: "bucket", limit: 5, windowMs: 1000 });
  const states = {
    total: { used: 2, windowStart: 0 },
    daily: { used: 2, windowStart: midnight },
    rate: { runs: [NOW, 2] },
    bucket: { parts: 3000, at: NOW },
  };

  it.each<[string, Limit, unknown, number | null, number]>([
    ["quota", total, states.total, null, 1],
    ["windowed quota", daily, states.daily, midnight + DAY, midnight + DAY],
    ["sliding window", rate, states.rate, NOW + 1000, NOW + 1000],
    ["token bucket", bucket, states.bucket, NOW + 400, NOW + 400],
    ["every", every(total, rate), { total: states.total, rate: states.rate }, null, NOW + 1000],
    ["every that ends", every(daily, rate), { daily: states.daily, rate: states.rate }, midnight + DAY, midnight + DAY],
  ])("%s: its state, and until when it must be kept", (_kind, limit, kept, withoutWish, afterWishOf1) => {
    const { state } = limit.take(null, NOW, 2);
    expect(state).toEqual(kept);
    expect(limit.expiresAt(state, null)).toBe(withoutWish);
    expect(limit.expiresAt(state, 1)).toBe(afterWishOf1);
    expect(limit.expiresAt(state, NOW + 2 * DAY)).toBe(NOW + 2 * DAY);
  });
});

describe("a limit at the edge of what it may be", () => {
  it.each<[string, () => Limit]>([
    ["a name of 64 signs", () => quota({ name: "n".repeat(64), limit: 1 })],
    ["a name of every kind of sign", () => quota({ name: "A_z.0:-", limit: 1 })],
    ["units of 15 digits", () => quota({ name: "total", limit: 999_999_999_999_999 })],
    ["a window of one millisecond", () => quota({ name: "total", limit: 1, windowMs: 1 })],
    ["a window of 10,000 units", () => slidingWindow({ name: "rate", limit: 10_000, windowMs: 10_001 })],
    ["a window of 10,000 milliseconds", () => slidingWindow({ name: "rate", limit: 10_001, windowMs: 10_000 })],
  ])("%s", (_name, make) => {
    expect(make().take(null, 0, 1).decision.admitted).toBe(true);
  });
});

describe("a limit that makes no sense is a TypeError", () => {
  const total = { name: "total", limit: 1 };
  const rows: [string, () => unknown][] = [
    ["no name", () => quota({ ...total, name: "" })],
    ["a name of 65 signs", () => quota({ ...total, name: "n".repeat(65) })],
    ["a name that is no text", () => quota({ ...total, name: ["total"] as unknown as string })],
    ["a name that begins with a digit", () => quota({ ...total, name: "1st" })],
    ["a name with a line after it", () => quota({ ...total, name: "total\n" })],
    ["a name that breaks the header", () => quota({ ...total, name: 'a"b' })],
    ["a name of every object", () => quota({ ...total, name: "constructor" })],
    ["no units", () => quota({ ...total, limit: 0 })],
    ["half a unit", () => quota({ ...total, limit: 0.5 })],
    ["units beyond 15 digits", () => quota({ ...total, limit: 1e15 })],
    ["an empty window", () => quota({ ...total, windowMs: 0 })],
    ["half a millisecond", () => quota({ ...total, windowMs: 0.5 })],
    ["no window", () => slidingWindow(total as never)],
    ["a bucket without a window", () => tokenBucket(total as never)],
    ["a window whose state has no bound", () => slidingWindow({ ...total, limit: 10_001, windowMs: 10_001 })],
    ["a bucket beyond exact numbers", () => tokenBucket({ ...total, limit: 2 ** 30, windowMs: 2 ** 30 })],
    ["every of nothing", () => every()],
    ["every of every", () => every(every(quota(total)))],
    ["two of a name", () => every(quota(total), quota(total))],
    ["a spec of an unknown kind", () => limitFromSpec({ kind: "guess" } as unknown as LimitSpec)],
  ];
  it.each(rows)("%s", (_name, make) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(/^(quota|slidingWindow|tokenBucket|every|limitFromSpec): /);
  });

  it.each([
    ["slidingWindow", slidingWindow],
    ["tokenBucket", tokenBucket],
  ])("a missing window, as its text says: %s", (name, make) => {
    expect(() => make(total as never)).toThrow(`${name}: windowMs must be a positive integer`);
  });
});
