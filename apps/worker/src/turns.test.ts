import { type Limit, quota, slidingWindow, tokenBucket } from "@org/token-limiter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTurns } from "./turns.ts";

/** What an object does with its limit and the turns, without the object. */
function createCounter(limit: Limit) {
  const turns = createTurns();
  let state: unknown = null;
  const exact = (now: number, units = 1) => limit.take(state, now, units).decision.limits[0]?.retryAfterMs ?? 0;
  return {
    exact,
    /** The wait that is told, or `undefined` for who is admitted. */
    ask(now: number): number | undefined {
      const taken = limit.take(state, now, 1);
      state = taken.state;
      if (taken.decision.admitted) return undefined;
      const { limit: units = 0, windowMs = 0 } = taken.decision.limits[0] ?? {};
      return turns.next({ limit: units, windowMs }, now, (units) => exact(now, units));
    },
  };
}

const rate = (limit: number, windowMs = 1000) => slidingWindow({ name: "rate", limit, windowMs });

describe("turns", () => {
  it("are a window and a tenth apart, as many at a time as the window has units", () => {
    const { ask } = createCounter(rate(2));
    const asked = [0, 3, 5, 6, 7, 8, 9].map(ask);
    expect(asked).toEqual([undefined, undefined, 996, 998, 2094, 2096, 3192]);
  });

  it("begin anew when all are over", () => {
    const { ask } = createCounter(rate(1));
    expect([0, 0, 0, 5000, 5000].map(ask)).toEqual([undefined, 1001, 2101, undefined, 1001]);
  });

  it("are over when their moment has come", () => {
    const { ask } = createCounter(rate(1));
    expect([0, 0, 1001, 1001].map(ask)).toEqual([undefined, 1001, undefined, 1001]);
  });

  it("are in the order in which callers were refused, though a unit may be free before", () => {
    const { ask } = createCounter(rate(2));
    expect([0, 0, 0, 0, 0].map(ask)).toEqual([undefined, undefined, 1001, 1001, 2101]);
    expect([1010, 1013, 1014].map(ask)).toEqual([undefined, undefined, 2101 - 1014]);
  });

  it("are two windows apart once one has passed and somebody is refused, until all are over", () => {
    const { ask } = createCounter(rate(1));
    expect([0, 0, 0, 0, 0].map(ask)).toEqual([undefined, 1001, 2101, 3201, 4301]);
    expect([1500, 2101, 2102].map(ask)).toEqual([undefined, 4301 + 2000 - 2101, 4301 + 4000 - 2102]);
    expect([9000, 9000, 9000, 9000].map(ask)).toEqual([undefined, 1001, 2101, 3201]);
  });

  it("leave a free unit to whoever comes", () => {
    const { ask } = createCounter(rate(1));
    expect([0, 0, 0, 1000, 1000].map(ask)).toEqual([undefined, 1001, 2101, undefined, 2201]);
  });

  it.each([rate(2), rate(3, 200), tokenBucket({ name: "bucket", limit: 3, windowMs: 500 })])(
    "are never before a unit is free, and never a minute away: $spec",
    (limit) => {
      const waits = fc.array(fc.nat(2500), { minLength: 1, maxLength: 300 });
      fc.assert(
        fc.property(waits, (steps) => {
          const { ask, exact } = createCounter(limit);
          let now = 0;
          for (const [index, step] of steps.entries()) {
            if (index % 7 === 0) now += step;
            const told = ask(now);
            if (told === undefined) continue;
            expect(Number.isInteger(told)).toBe(true);
            expect(told).toBeGreaterThan(exact(now));
            expect(told).toBeLessThan(60_000);
          }
        }),
      );
    },
  );

  it("that would be too late are not kept: a thousand callers do not push out those who come when all are gone", () => {
    const { ask } = createCounter(rate(1));
    const told = Array.from({ length: 1000 }, () => ask(0));
    expect(told.slice(53, 58)).toEqual([1001 + 52 * 1100, 1001 + 53 * 1100, 59_999, 59_999, 59_999]);
    expect(ask(59_999)).toBe(undefined);
    expect(ask(59_999)).toBe(1001);
  });

  it("are bounded in number, however many a window has", () => {
    const limit = quota({ name: "window", limit: 5000, windowMs: 1000 });
    const { ask } = createCounter(limit);
    for (let i = 0; i < 5000; i++) ask(0);
    const told = new Set(Array.from({ length: 20_000 }, () => ask(0)));
    expect([...told]).toEqual([1001]);
  });
});

/** Callers who are refused come back when they are told, and a while later: the way there and back, a busy machine. */
function simulate(limit: number, windowMs: number, callers: { at: number; lateMs: number }[]) {
  const { ask } = createCounter(rate(limit, windowMs));
  const queue = callers.map(({ at, lateMs }) => ({ at, lateMs, attempts: 0 }));
  const attempts: number[] = [];
  for (;;) {
    const next = queue.sort((a, b) => a.at - b.at).shift();
    if (next === undefined) return attempts;
    next.attempts++;
    const wait = ask(next.at);
    if (wait === undefined) attempts.push(next.attempts);
    else queue.push({ ...next, at: next.at + wait + next.lateMs });
  }
}

it("a burst gets through with one retry each, whoever is late by up to the slack, or early by a millisecond", () => {
  const shape = fc.record({
    limit: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.integer({ min: 10, max: 1000 }),
    wayMs: fc.nat(300),
  });
  fc.assert(
    fc.property(shape, fc.array(fc.record({ at: fc.nat(), late: fc.nat() }), { maxLength: 40 }), (of, drawn) => {
      const slackMs = Math.floor(of.windowMs / 10);
      const callers = drawn.map(({ at, late }) => ({
        at: at % of.windowMs,
        lateMs: of.wayMs - 1 + (late % slackMs),
      }));
      for (const attempts of simulate(of.limit, of.windowMs, callers)) expect(attempts).toBeLessThanOrEqual(2);
    }),
    { numRuns: 300 },
  );
});

it("a burst gets through with an SDK's two retries, though many are late by much more than the slack", () => {
  // Each third is late by up to 600 ms, always the same ones.
  const callers = Array.from({ length: 20 }, (_, i) => ({
    at: i * 5,
    lateMs: 20 + (i % 3 === 0 ? (i * 137) % 600 : 0),
  }));
  for (const limit of [1, 2, 3, 5]) expect(Math.max(...simulate(limit, 1000, callers))).toBe(3);
});
