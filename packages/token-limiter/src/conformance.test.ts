import { createManualClock } from "@org/oidc-verify/testing";
import { describe, expect, it } from "vitest";
import { brokenLimiters } from "../test/broken-limiters.ts";
import { foundBy } from "../test/found-by.ts";
import { createStoreTarget } from "../test/store-limiter.ts";
import { type Capability, type ConformanceTarget, conformanceCases } from "./conformance.ts";
import type { Limit } from "./limits/limit.ts";
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

describe("each case finds the faults that it is about, and no others", () => {
  const cases = conformanceCases(createStoreTarget()).map(({ name }) => name);

  it.each(cases)("%s", async (name) => {
    const found: string[] = [];
    for (const [fault, sabotage] of Object.entries(brokenLimiters)) {
      const [broken] = conformanceCases(createStoreTarget(sabotage)).filter((each) => each.name === name);
      await broken?.run().catch(() => found.push(fault));
    }
    expect(found.join(" ")).toBe(foundBy[name]);
    expect(found).not.toEqual([]);
  });

  it("so that every fault is found", () => {
    const found = new Set(cases.flatMap((name) => foundBy[name]?.split(" ") ?? []));
    expect(Object.keys(brokenLimiters).filter((fault) => !found.has(fault))).toEqual([]);
  });
});

describe("a subject that lacks a method", () => {
  it.each([
    ["restart", "restart", "a restart keeps what was charged"],
    ["connect", "connect", "exactly 50 of 200 takes at once pass over two connections: quota"],
    ["countKeys", "count_keys", "at expiresAt the key is forgotten"],
    ["measureBytes", "measure_bytes", "the state of a key is bounded by its limit and window, not by its traffic"],
  ] as const)("is told to declare it: %s", async (method, capability, about) => {
    const create = async (limit: Limit) => ({ ...(await memory.create(limit)), countKeys: undefined }) as never;
    const named = (lacks: Capability[]) => conformanceCases({ create, lacks }).find(({ name }) => name === about);
    await expect(named([])?.run()).rejects.toThrow(
      `The subject has no ${method}(): add it, or declare lacks: ["${capability}"]`,
    );
    expect(named([capability])).toBeUndefined();
  });
});

it("closes every subject, also of a case that fails", async () => {
  let open = 0;
  const target = createStoreTarget(brokenLimiters["forgets-on-restart"]);
  const cases = conformanceCases({
    async create(limit) {
      open++;
      return { ...(await target.create(limit)), close: () => void open-- };
    },
  });
  for (const { run } of cases) await run().catch(() => {});
  expect(open).toBe(0);
});
