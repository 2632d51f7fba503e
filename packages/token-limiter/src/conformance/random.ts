import { every } from "../limits/every.ts";
import type { Limit } from "../limits/limit.ts";
import { quota } from "../limits/quota.ts";
import { slidingWindow } from "../limits/sliding-window.ts";
import { tokenBucket } from "../limits/token-bucket.ts";
import { giveToRecord, type LimitRecord, takeFromRecord } from "../record.ts";
import { expectSame } from "./expect.ts";
import { type CaseDefinition, SECOND, START } from "./subject.ts";

const limits: Limit[] = [
  quota({ name: "total", limit: 60 }),
  quota({ name: "window", limit: 7, windowMs: 700 }),
  slidingWindow({ name: "rate", limit: 5, windowMs: 300 }),
  tokenBucket({ name: "bucket", limit: 7, windowMs: SECOND }),
  every(
    quota({ name: "total", limit: 90 }),
    quota({ name: "window", limit: 9, windowMs: 700 }),
    slidingWindow({ name: "rate", limit: 5, windowMs: 300 }),
    tokenBucket({ name: "bucket", limit: 6, windowMs: 500 }),
  ),
];

/** Numbers in [0, 1), always the same ones (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A long walk of takes, gives and time: each decision must be the pure limit's own, to the last number. */
export const randomCases: CaseDefinition[] = limits.map((limit, seed) => ({
  name: `agrees with the pure limit over 400 random steps: ${limit.spec.kind} ${seed}`,
  async run(subject) {
    const { limiter, setNow } = await subject(limit);
    const random = createRandom(seed);
    const pick = (count: number) => Math.floor(random() * count);
    const records = new Map<string, LimitRecord | null>();
    let now = START;
    const takenAts = [START];
    for (let step = 0; step < 400; step++) {
      now += pick(3) === 0 ? pick(250) : 0;
      await setNow(now);
      const key = ["a", "b"][pick(2)] as string;
      const cost = 1 + pick(3);
      const record = records.get(key) ?? null;
      if (pick(8) === 0) {
        const takenAt = takenAts.at(-1 - pick(Math.min(20, takenAts.length))) ?? START;
        await limiter.give(key, cost, takenAt);
        records.set(key, giveToRecord(limit, record, now, cost, takenAt));
        continue;
      }
      const expected = takeFromRecord(limit, record, now, cost);
      records.set(key, expected.record);
      expectSame(await limiter.take(key, cost), expected.decision, `step ${step}, a take of ${cost} from ${key}`);
      if (expected.decision.admitted) takenAts.push(now);
    }
  },
}));
