import type { Limiter } from "../limiter.ts";
import { every } from "../limits/every.ts";
import type { Limit } from "../limits/limit.ts";
import { quota } from "../limits/quota.ts";
import { slidingWindow } from "../limits/sliding-window.ts";
import { tokenBucket } from "../limits/token-bucket.ts";
import { expectAdmitted, expectDenied, expectSame, expectTypeError } from "./expect.ts";
import { type CaseDefinition, DAY, SECOND } from "./subject.ts";

const fifty: Record<string, Limit> = {
  quota: quota({ name: "units", limit: 50 }),
  "windowed quota": quota({ name: "units", limit: 50, windowMs: DAY }),
  "sliding window": slidingWindow({ name: "units", limit: 50, windowMs: SECOND }),
  "token bucket": tokenBucket({ name: "units", limit: 50, windowMs: DAY }),
  every: every(quota({ name: "units", limit: 50 }), slidingWindow({ name: "rate", limit: 80, windowMs: SECOND })),
};

/** Of `count` takes at once, spread over the limiters, exactly 50 pass, and no two see the same remainder. */
async function expectFiftyOf(count: number, limiters: Limiter[]): Promise<void> {
  const decisions = await Promise.all(
    Array.from({ length: count }, (_, i) => (limiters[i % limiters.length] as Limiter).take("key")),
  );
  const remainders = decisions.filter(({ admitted }) => admitted).map(({ limits }) => limits[0]?.remaining ?? -1);
  const expected = Array.from({ length: 50 }, (_, i) => i);
  expectSame(
    remainders.sort((a, b) => a - b),
    expected,
    `remainders of those admitted of ${count} takes at once`,
  );
}

const atOnce: CaseDefinition[] = Object.entries(fifty).flatMap(([kind, limit]) => [
  {
    name: `exactly 50 of 200 takes at once pass: ${kind}`,
    run: async (subject) => expectFiftyOf(200, [(await subject(limit)).limiter]),
  },
  {
    name: `exactly 50 of 200 takes at once pass over two connections: ${kind}`,
    needs: "connect",
    async run(subject) {
      const { limiter, connect } = await subject(limit);
      await expectFiftyOf(200, [limiter, await connect()]);
    },
  },
]);

// Pairs that fall together where somebody trims, folds, cuts, joins or indexes a plain object.
const oddKeys = ["a", "A", "a ", "", "a:b", "a/b", "__proto__", "constructor", "é", "e\u0301", "🔑", "0", "00", "*"];
const longKeys = ["x", "y"].map((end) => "k".repeat(500) + end);

/** Exactness, keys, costs: what holds at one instant. */
export const exactnessCases: CaseDefinition[] = [
  ...atOnce,
  {
    name: "keys share nothing",
    async run(subject) {
      const { limiter } = await subject(quota({ name: "units", limit: 1 }));
      const keys = [...oddKeys, ...longKeys];
      await Promise.all(keys.map((key) => expectAdmitted(limiter, key, 1, `first take of ${JSON.stringify(key)}`)));
      await Promise.all(
        keys.map((key) => expectDenied(limiter, key, "units", `second take of ${JSON.stringify(key)}`)),
      );
    },
  },
  {
    name: "a cost is charged whole or not at all",
    async run(subject) {
      const { limiter } = await subject(quota({ name: "units", limit: 5 }));
      const first = await limiter.take("key", 3);
      expectSame([first.admitted, first.limits[0]?.remaining], [true, 2], "3 of 5");
      const denied = await expectDenied(limiter, "key", "units", "3 of the last 2", 3);
      expectSame(denied.limits, [{ name: "units", limit: 5, remaining: 2 }], "after the denial");
      const last = await limiter.take("key", 2);
      expectSame([last.admitted, last.limits[0]?.remaining], [true, 0], "2 of the last 2");
    },
  },
  {
    name: "a cost beyond the limit is denied for good",
    async run(subject) {
      for (const [kind, limit] of Object.entries(fifty)) {
        const { limiter } = await subject(limit);
        const denied = await expectDenied(limiter, "key", "units", `51 of 50, ${kind}`, 51);
        expectSame(denied.limits[0]?.retryAfterMs ?? null, null, `retryAfterMs, ${kind}`);
        await expectAdmitted(limiter, "key", 50, `the 50, ${kind}`);
      }
    },
  },
  {
    name: "a cost or an instant that is none is a TypeError and charges nothing",
    async run(subject) {
      const { limiter } = await subject(quota({ name: "units", limit: 1 }));
      for (const cost of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        await expectTypeError(() => limiter.take("key", cost), `take of ${cost}`);
        await expectTypeError(() => limiter.give("key", cost, 0), `give of ${cost}`);
      }
      await expectTypeError(() => limiter.take("key", 1, Number.NaN), "expiresAt NaN");
      await expectAdmitted(limiter, "key", 1, "the only unit");
    },
  },
  {
    name: "a denial charges none of several limits and names the first that denied",
    async run(subject) {
      const total = quota({ name: "total", limit: 3 });
      const { limiter } = await subject(every(total, slidingWindow({ name: "rate", limit: 2, windowMs: SECOND })));
      await expectAdmitted(limiter, "key", 2, "the rate");
      for (let i = 0; i < 5; i++) {
        const denied = await expectDenied(limiter, "key", "rate", "the third");
        const left = denied.limits.map(({ name, remaining }) => [name, remaining]);
        expectSame(
          left,
          [
            ["total", 1],
            ["rate", 0],
          ],
          "left after the denial",
        );
      }
      await expectDenied(limiter, "key", "total", "both deny", 2);
      await expectAdmitted(limiter, "other", 2, "another key's rate");
    },
  },
];
