/** What a take costs in one process: `pnpm bench`. Candidates take turns, so that a busy machine slows all alike. */
import { RateLimiterMemory, RateLimiterUnion } from "rate-limiter-flexible";
import { createMemoryLimiter, every, quota, slidingWindow } from "../src/index.ts";

const KEYS = 10_000;
const ROUNDS = 101;
const TAKES = 20_000;
const UNITS = 999_999_999;
const LATER = Date.now() + 3_600_000;

const keys = Array.from({ length: KEYS }, (_, i) => `https://token.actions.githubusercontent.com ${i}`);

/** The least that counts: exact, forgets nothing, says little. */
function createBareCounter(clock?: () => number): (key: string) => Promise<unknown> {
  const counts = new Map<string, number>();
  return async (key) => {
    if (clock !== undefined && clock() > LATER) return { admitted: false, remaining: 0 };
    const used = (counts.get(key) ?? 0) + 1;
    if (used > UNITS) return { admitted: false, remaining: 0 };
    counts.set(key, used);
    return { admitted: true, remaining: UNITS - used };
  };
}

/** Each key comes by once a second, so that a rate always admits. */
function createQuickClock(): () => number {
  let now = 0;
  return () => {
    now += 1000 / KEYS;
    return Math.floor(now);
  };
}

const budget = quota({ name: "token", limit: UNITS });
const alone = createMemoryLimiter(budget);
const both = createMemoryLimiter(every(budget, slidingWindow({ name: "rate", limit: 2, windowMs: 1000 })), {
  clock: createQuickClock(),
});
const library = new RateLimiterMemory({ points: UNITS, duration: 0, keyPrefix: "token" });
const union = new RateLimiterUnion(library, new RateLimiterMemory({ points: UNITS, duration: 0, keyPrefix: "rate" }));

const candidates: Record<string, (key: string) => Promise<unknown>> = {
  "bare `Map` counter": createBareCounter(),
  "bare `Map` counter that reads the clock": createBareCounter(Date.now),
  "memory limiter: quota": (key) => alone.take(key, 1, LATER),
  "memory limiter: quota and sliding window": (key) => both.take(key, 1, LATER),
  "rate-limiter-flexible: one counter": (key) => library.consume(key),
  "rate-limiter-flexible: two counters": (key) => union.consume(key),
};

async function measure(take: (key: string) => Promise<unknown>, round: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < TAKES; i++) await take(keys[(i * 7919 + round) % KEYS] as string);
  return ((performance.now() - start) * 1e6) / TAKES;
}

const times = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, take] of Object.entries(candidates)) times.get(name)?.push(await measure(take, round));
}

// The fastest round of each is what the code costs; the others are what else the machine did.
const fastest = [...times].map(([name, own]) => [name, Math.min(...own)] as const);
const floor = fastest[0]?.[1] ?? 1;
console.log(`${navigator.userAgent}, ${KEYS} keys, fastest of ${ROUNDS} rounds of ${TAKES} takes\n`);
console.log("| one take | ns | ratio |\n|---|--:|--:|");
for (const [name, ns] of fastest) console.log(`| ${name} | ${ns.toFixed(0)} | ${(ns / floor).toFixed(2)} |`);
