import { every } from "../limits/every.ts";
import { quota } from "../limits/quota.ts";
import { slidingWindow } from "../limits/sliding-window.ts";
import { expectAdmitted, expectDenied, expectSame } from "./expect.ts";
import { type CaseDefinition, DAY, SECOND, START } from "./subject.ts";

const total = quota({ name: "total", limit: 2 });
const rate = slidingWindow({ name: "rate", limit: 2, windowMs: SECOND });
const end = START + 300 * SECOND;

/** What is remembered, for how long, and how much. */
export const memoryCases: CaseDefinition[] = [
  {
    name: "a restart keeps what was charged",
    needs: "restart",
    async run(subject) {
      const { limiter, restart, setNow } = await subject(every(quota({ name: "total", limit: 4 }), rate));
      await expectAdmitted(limiter, "key", 2, "before the restart");
      const second = await restart();
      await expectDenied(second, "key", "rate", "the rate after a restart");
      await setNow(START + SECOND);
      await expectAdmitted(second, "key", 2, "the rest of the total");
      await setNow(START + 2 * SECOND);
      await expectDenied(await restart(), "key", "total", "the total after another restart");
    },
  },
  {
    name: "a clock that goes backwards over a restart mints nothing",
    needs: "restart",
    async run(subject) {
      const { limiter, restart, setNow } = await subject(rate);
      await expectAdmitted(limiter, "key", 2, "before the restart");
      await setNow(START - DAY);
      await expectDenied(await restart(), "key", "rate", "a day earlier");
    },
  },
  {
    name: "nothing is forgotten before expiresAt",
    async run(subject) {
      const { limiter, setNow } = await subject(total);
      for (let i = 0; i < 2; i++) await limiter.take("key", 1, end);
      await setNow(end - 1);
      const denied = await limiter.take("key", 1, end);
      expectSame(denied.admitted, false, "a millisecond before expiresAt");
    },
  },
  {
    name: "a take that could not be remembered is denied",
    async run(subject) {
      const { limiter, setNow } = await subject(total);
      expectSame((await limiter.take("new", 1, START)).admitted, false, "a new key whose expiresAt is now");
      for (let i = 0; i < 2; i++) await limiter.take("spent", 1, end);
      for (const at of [end, end + 1, end + DAY]) {
        await setNow(at);
        expectSame((await limiter.take("spent", 1, end)).admitted, false, `a spent key ${at - end} ms after its end`);
      }
    },
  },
  {
    name: "of several expiresAt the latest counts",
    async run(subject) {
      const { limiter, setNow } = await subject(total);
      await limiter.take("key", 1, end + DAY);
      await limiter.take("key", 1, end);
      await setNow(end + DAY - 1);
      expectSame((await limiter.take("key", 1, end + DAY)).admitted, false, "before the later of the two");
    },
  },
  {
    name: "at expiresAt the key is forgotten",
    needs: "count_keys",
    async run(subject) {
      const { limiter, setNow, countKeys } = await subject(every(total, rate));
      await limiter.take("early", 1, end);
      await limiter.take("late", 1, end);
      await limiter.take("late", 1, end + SECOND);
      await setNow(end - 1);
      expectSame(await countKeys(), 2, "keys a millisecond before expiresAt");
      await setNow(end);
      expectSame(await countKeys(), 1, "keys at the first expiresAt");
      await setNow(end + SECOND);
      expectSame(await countKeys(), 0, "keys at the second expiresAt");
    },
  },
  {
    name: "a key is not forgotten before its window is over",
    needs: "count_keys",
    async run(subject) {
      const { limiter, setNow, countKeys } = await subject(rate);
      for (let i = 0; i < 2; i++) await limiter.take("key", 1, START + 1);
      await setNow(START + 999);
      expectSame(await countKeys(), 1, "keys within the window");
      await expectDenied(limiter, "key", "rate", "within the window");
      await setNow(START + 1000);
      expectSame(await countKeys(), 0, "keys after the window");
    },
  },
  {
    name: "denials leave nothing behind",
    needs: "count_keys",
    async run(subject) {
      const { limiter, countKeys } = await subject(total);
      for (let i = 0; i < 20; i++) await limiter.take(`key-${i}`, 3, end);
      await limiter.give("unknown", 1, START);
      expectSame(await countKeys(), 0, "keys after denials and a give to an unknown key");
    },
  },
  {
    name: "the state of a key is bounded by its limit and window, not by its traffic",
    needs: "measure_bytes",
    async run(subject) {
      const { limiter, setNow, measureBytes } = await subject(
        slidingWindow({ name: "rate", limit: 100_000, windowMs: 10 }),
      );
      const fill = async (from: number) => {
        for (let ms = from; ms < from + 20; ms++) {
          await setNow(START + ms);
          await Promise.all(Array.from({ length: 10 }, () => limiter.take("key")));
        }
      };
      await fill(0);
      const once = await measureBytes();
      await fill(20);
      await fill(40);
      const thrice = await measureBytes();
      if (!(once > 0 && thrice <= once * 1.5)) throw new Error(`bytes grew with traffic: ${once}, then ${thrice}`);
    },
  },
];
