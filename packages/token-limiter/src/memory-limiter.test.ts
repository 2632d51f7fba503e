import { createManualClock } from "@org/oidc-verify/testing";
import { expect, it } from "vitest";
import { quota } from "./limits/quota.ts";
import { createMemoryLimiter } from "./memory-limiter.ts";

const limit = quota({ name: "total", limit: 1 });

it("refuses a new key rather than forget one that is alive", async () => {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(limit, { clock, maxKeys: 2 });
  await limiter.take("a", 1, clock() + 1000);
  await limiter.take("b", 1, clock() + 2000);
  await expect(limiter.take("c", 1, clock() + 9000)).rejects.toMatchObject({
    name: "LimiterError",
    code: "limiter_unavailable",
  });
  expect(await limiter.take("a", 1, clock() + 1000)).toMatchObject({ admitted: false });
  clock.advance(1000);
  expect(await limiter.take("c", 1, clock() + 9000)).toMatchObject({ admitted: true });
  expect(limiter.size).toBe(2);
});

it("keeps what never ends when it forgets what has ended", async () => {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(limit, { clock });
  await limiter.take("for good");
  await limiter.take("for a second", 1, clock() + 1000);
  clock.advance(1000);
  expect(limiter.size).toBe(1);
  expect(await limiter.take("for good")).toMatchObject({ admitted: false });
});

it("does not bring back a key when the clock goes back to before its end", async () => {
  const clock = createManualClock();
  const limiter = createMemoryLimiter(limit, { clock });
  const end = clock() + 1000;
  await limiter.take("key", 1, end);
  clock.set(end);
  expect(limiter.size).toBe(0);
  clock.set(end - 1);
  expect(await limiter.take("key", 1, end)).toMatchObject({ admitted: false });
});

it.each([0, -1, 1.5, Number.NaN, 2 ** 53])("refuses maxKeys %s", (maxKeys) => {
  expect(() => createMemoryLimiter(limit, { maxKeys })).toThrow(TypeError);
});

it.each([1, Number.MAX_SAFE_INTEGER])("holds maxKeys %s", async (maxKeys) => {
  expect(await createMemoryLimiter(limit, { maxKeys }).take("key")).toMatchObject({ admitted: true });
});

it("uses the real time by default", async () => {
  const before = Date.now();
  const decision = await createMemoryLimiter(limit).take("key");
  expect(decision).toMatchObject({ admitted: true });
  expect(decision.admitted && decision.takenAt).toBeGreaterThanOrEqual(before);
});
