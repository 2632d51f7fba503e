import { createManualClock } from "@org/testkit";
import { describe, expect, it } from "vitest";
import { brokenLimiters } from "../test/broken-limiters.ts";
import { createStoreTarget } from "../test/store-limiter.ts";
import { type ConformanceTarget, conformanceCases } from "./conformance.ts";
import { createMemoryLimiter } from "./memory-limiter.ts";

const memory: ConformanceTarget = {
  lacks: ["restart", "connect", "measure_bytes"],
  create(limit) {
    const clock = createManualClock();
    const limiter = createMemoryLimiter(limit, { clock });
    return { limiter, setNow: clock.set, countKeys: () => limiter.size };
  },
};

describe("the memory limiter", () => {
  for (const { name, run } of conformanceCases(memory)) it(name, run);
});

describe("a store of a few lines", () => {
  for (const { name, run } of conformanceCases(createStoreTarget())) it(name, run);
});

async function failedCases(target: ConformanceTarget): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of conformanceCases(target)) await run().catch(() => failed.push(name));
  return failed;
}

describe("a broken limiter fails the suite", () => {
  const seenFailing = new Set<string>();
  // The faults that are seen in the wild must be found by the case that is about them.
  const foundBy: Record<string, string> = {
    "awaits-between-read-and-write": "exactly 50 of 200 takes at once pass: quota",
    "connections-do-not-share": "exactly 50 of 200 takes at once pass over two connections: quota",
    "denial-charges-the-other-limits": "a denial charges none of several limits and names the first that denied",
    "denial-uses-up-what-is-left": "a cost is charged whole or not at all",
    "forgets-on-restart": "a restart keeps what was charged",
    "window-a-millisecond-short": "a unit leaves the sliding window after windowMs, not a millisecond earlier or later",
    "fixed-window-for-a-sliding-one":
      "a unit leaves the sliding window after windowMs, not a millisecond earlier or later",
    "reopens-after-expiry": "a take that could not be remembered is denied",
    "last-expires-at-wins": "of several expiresAt the latest counts",
    "gives-into-another-window": "a unit of an earlier window does not come back into this one",
    "window-that-keeps-everything": "the state of a key is bounded by its limit and window, not by its traffic",
  };

  it.each(Object.entries(brokenLimiters))("%s", async (name, sabotage) => {
    const failed = await failedCases(createStoreTarget(sabotage));
    for (const failedCase of failed) seenFailing.add(failedCase);
    expect(failed).toContain(foundBy[name] ?? failed[0] ?? "any case");
  });

  it("and every case of the suite is failed by one of them", () => {
    const names = conformanceCases(createStoreTarget()).map(({ name }) => name);
    expect(names.filter((name) => !seenFailing.has(name))).toEqual([]);
  });
});

it("tells a subject that lacks a method to declare it", async () => {
  const silent = conformanceCases({ create: memory.create }).find(({ name }) => name.startsWith("a restart keeps"));
  await expect(silent?.run()).rejects.toThrow('The subject has no restart(): add it, or declare lacks: ["restart"]');
});
