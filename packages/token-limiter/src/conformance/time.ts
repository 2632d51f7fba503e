import { every } from "../limits/every.ts";
import { quota } from "../limits/quota.ts";
import { slidingWindow } from "../limits/sliding-window.ts";
import { tokenBucket } from "../limits/token-bucket.ts";
import { expectAdmitted, expectDenied, expectSame } from "./expect.ts";
import { type CaseDefinition, DAY, SECOND, START } from "./subject.ts";

const rate = slidingWindow({ name: "rate", limit: 2, windowMs: SECOND });
const daily = quota({ name: "daily", limit: 2, windowMs: DAY });
const bucket = tokenBucket({ name: "bucket", limit: 2, windowMs: SECOND });
const midnight = START + DAY / 2;

/** Windows to the millisecond, and a clock that goes backwards. */
export const timeCases: CaseDefinition[] = [
  {
    name: "a unit leaves the sliding window after windowMs, not a millisecond earlier or later",
    async run(subject) {
      const { limiter, setNow } = await subject(rate);
      await expectAdmitted(limiter, "key", 1, "at 0");
      await setNow(START + 400);
      await expectAdmitted(limiter, "key", 1, "at 400");
      await setNow(START + 999);
      const denied = await expectDenied(limiter, "key", "rate", "at 999");
      expectSame(denied.limits[0]?.retryAfterMs, 1, "retryAfterMs at 999");
      await setNow(START + 1000);
      await expectAdmitted(limiter, "key", 1, "at 1000");
      await expectDenied(limiter, "key", "rate", "again at 1000");
      await setNow(START + 1399);
      await expectDenied(limiter, "key", "rate", "at 1399");
      await setNow(START + 1400);
      await expectAdmitted(limiter, "key", 1, "at 1400");
      await expectDenied(limiter, "key", "rate", "again at 1400");
    },
  },
  {
    name: "a denied take does not hold the sliding window closed",
    async run(subject) {
      const { limiter, setNow } = await subject(rate);
      await expectAdmitted(limiter, "key", 2, "at 0");
      for (let ms = 100; ms < 1000; ms += 100) {
        await setNow(START + ms);
        await expectDenied(limiter, "key", "rate", `at ${ms}`);
      }
      await setNow(START + 1000);
      await expectAdmitted(limiter, "key", 2, "at 1000");
    },
  },
  {
    name: "retryAfterMs of a sliding window is when the whole cost fits",
    async run(subject) {
      const { limiter, setNow } = await subject(rate);
      await expectAdmitted(limiter, "key", 1, "at 0");
      await setNow(START + 300);
      await expectAdmitted(limiter, "key", 1, "at 300");
      const denied = await expectDenied(limiter, "key", "rate", "two at 300", 2);
      expectSame(
        denied.limits[0],
        { name: "rate", limit: 2, remaining: 0, windowMs: SECOND, resetMs: 700, retryAfterMs: 1000 },
        "status",
      );
    },
  },
  {
    name: "a windowed quota starts anew at the window's end, not a millisecond earlier",
    async run(subject) {
      const { limiter, setNow } = await subject(daily);
      await expectAdmitted(limiter, "key", 2, "at noon");
      await setNow(midnight - 1);
      const denied = await expectDenied(limiter, "key", "daily", "a millisecond before midnight");
      expectSame(denied.limits[0]?.retryAfterMs, 1, "retryAfterMs before midnight");
      await setNow(midnight);
      await expectAdmitted(limiter, "key", 2, "at midnight");
      await expectDenied(limiter, "key", "daily", "the third at midnight");
    },
  },
  {
    name: "a token bucket fills evenly, to the millisecond, and no higher than its limit",
    async run(subject) {
      const { limiter, setNow } = await subject(bucket);
      await expectAdmitted(limiter, "key", 2, "a full bucket");
      await setNow(START + 499);
      const denied = await expectDenied(limiter, "key", "bucket", "at 499");
      expectSame(denied.limits[0]?.retryAfterMs, 1, "retryAfterMs at 499");
      await setNow(START + 500);
      await expectAdmitted(limiter, "key", 1, "at 500");
      await setNow(START + 60_000);
      await expectAdmitted(limiter, "key", 2, "a minute later");
      await expectDenied(limiter, "key", "bucket", "the third a minute later");
    },
  },
  {
    name: "every limit follows its own window",
    async run(subject) {
      const { limiter, setNow } = await subject(every(quota({ name: "total", limit: 3 }), rate));
      await expectAdmitted(limiter, "key", 2, "at 0");
      await setNow(START + 1000);
      await expectAdmitted(limiter, "key", 1, "at 1000");
      await setNow(START + 5000);
      await expectDenied(limiter, "key", "total", "the fourth, whenever");
    },
  },
  ...[rate, daily, bucket].map((limit): CaseDefinition => {
    const { kind } = limit.spec;
    return {
      name: `a clock that goes backwards mints nothing: ${kind}`,
      async run(subject) {
        const { limiter, setNow } = await subject(limit);
        const name = limit.peek(null, START)[0]?.name ?? "";
        await setNow(START + DAY);
        await expectAdmitted(limiter, "key", 2, "the limit");
        for (const back of [1, 500, 1000, 1001, 60_000, DAY / 2 + 1, DAY, 3 * DAY]) {
          await setNow(START + DAY - back);
          await expectDenied(limiter, "key", name, `${back} ms earlier`);
        }
        await setNow(START + DAY);
        await expectDenied(limiter, "key", name, "back at the same instant");
        await setNow(START + 2 * DAY);
        await expectAdmitted(limiter, "key", 2, "a day later");
      },
    };
  }),
];
