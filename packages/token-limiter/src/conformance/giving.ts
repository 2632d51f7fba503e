import { every } from "../limits/every.ts";
import { quota } from "../limits/quota.ts";
import { slidingWindow } from "../limits/sliding-window.ts";
import { tokenBucket } from "../limits/token-bucket.ts";
import { expectAdmitted, expectDenied, expectSame } from "./expect.ts";
import { type CaseDefinition, DAY, SECOND, START } from "./subject.ts";

const total = quota({ name: "total", limit: 3 });
const daily = quota({ name: "daily", limit: 3, windowMs: DAY });

/** Units that come back. */
export const givingCases: CaseDefinition[] = [
  {
    name: "give returns the units, and no more than were charged",
    async run(subject) {
      const { limiter } = await subject(total);
      await expectAdmitted(limiter, "key", 3, "the total");
      await limiter.give("key", 2, START);
      await limiter.give("other", 1, START);
      await expectAdmitted(limiter, "key", 2, "the two that came back");
      await expectDenied(limiter, "key", "total", "a third");
      for (let i = 0; i < 5; i++) await limiter.give("key", 1, START);
      await expectAdmitted(limiter, "key", 3, "all came back");
      await expectDenied(limiter, "key", "total", "more than the limit");
    },
  },
  {
    name: "gives and takes at once lose nothing",
    async run(subject) {
      const { limiter } = await subject(quota({ name: "total", limit: 40 }));
      await Promise.all(Array.from({ length: 40 }, () => limiter.take("key")));
      await Promise.all(Array.from({ length: 20 }, () => limiter.give("key", 1, START)));
      const decisions = await Promise.all(Array.from({ length: 60 }, () => limiter.take("key")));
      expectSame(decisions.filter(({ admitted }) => admitted).length, 20, "admitted after 20 gives");
    },
  },
  {
    name: "a unit of an earlier window does not come back into this one",
    async run(subject) {
      const { limiter, setNow } = await subject(daily);
      const [taken] = await expectAdmitted(limiter, "key", 1, "yesterday");
      await setNow(START + DAY);
      await expectAdmitted(limiter, "key", 3, "today");
      if (taken?.admitted) await limiter.give("key", 1, taken.takenAt);
      await expectDenied(limiter, "key", "daily", "a fourth today");
      await limiter.give("key", 1, START + DAY);
      await expectAdmitted(limiter, "key", 1, "today's unit came back");
    },
  },
  {
    name: "takenAt is the limiter's own time",
    async run(subject) {
      const { limiter, setNow } = await subject(daily);
      await setNow(START + 1234);
      const decision = await limiter.take("key");
      expectSame(decision.admitted && decision.takenAt, START + 1234, "takenAt");
    },
  },
  {
    name: "rates get nothing back",
    async run(subject) {
      const rates = [
        slidingWindow({ name: "rate", limit: 2, windowMs: SECOND }),
        tokenBucket({ name: "rate", limit: 2, windowMs: SECOND }),
      ];
      for (const rate of rates) {
        const { limiter } = await subject(every(total, rate));
        await expectAdmitted(limiter, "key", 2, "the rate");
        await limiter.give("key", 2, START);
        const denied = await expectDenied(limiter, "key", "rate", `a third, ${rate.spec.kind}`);
        expectSame(denied.limits[0]?.remaining, 3, "the total came back");
      }
    },
  },
];
