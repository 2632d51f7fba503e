import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSpentMemory } from "./spent.ts";

const NOON = Date.UTC(2100, 0, 1, 12);
const MIDNIGHT = Date.UTC(2100, 0, 2);
const run = { name: "run", limit: 5, remaining: 0 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what is spent", () => {
  it("is known until its time has come", () => {
    const spent = createSpentMemory(10);
    expect(spent.recall("a")).toBeUndefined();
    spent.remember("a", run, NOON + 1000);
    vi.setSystemTime(NOON + 999);
    expect(spent.recall("a")).toEqual(run);
    vi.setSystemTime(NOON + 1000);
    expect(spent.recall("a")).toBeUndefined();
    expect(spent.recall("b")).toBeUndefined();
  });

  it("is asked for anew on another day, as a wider limit may have returned a unit", () => {
    const spent = createSpentMemory(10);
    spent.remember("a", run, Number.POSITIVE_INFINITY);
    vi.setSystemTime(MIDNIGHT - 1);
    expect(spent.recall("a")).toEqual(run);
    vi.setSystemTime(MIDNIGHT);
    expect(spent.recall("a")).toBeUndefined();
  });

  it("tells the wait that is left", () => {
    const spent = createSpentMemory(10);
    const status = { name: "owner", limit: 5, remaining: 0, windowMs: 86_400_000, resetMs: 5000, retryAfterMs: 5000 };
    spent.remember("a", status, NOON + 5000);
    vi.setSystemTime(NOON + 4000);
    expect(spent.recall("a")).toEqual({ ...status, resetMs: 1000, retryAfterMs: 1000 });
  });

  it("is forgotten when something was returned, or the clock was set back", () => {
    const spent = createSpentMemory(10);
    spent.remember("a", run, NOON + 1000);
    spent.forget("a");
    expect(spent.recall("a")).toBeUndefined();
    spent.remember("a", run, NOON + 1000);
    vi.setSystemTime(NOON - 1);
    expect(spent.recall("a")).toBeUndefined();
  });

  it("is known at the instant at which it is remembered, and an ended one makes room", () => {
    const spent = createSpentMemory(1);
    spent.remember("a", run, NOON + 1);
    expect(spent.recall("a")).toEqual(run);
    vi.setSystemTime(NOON + 1);
    expect(spent.recall("a")).toBeUndefined();
    spent.remember("b", run, NOON + 2);
    expect(spent.recall("b")).toEqual(run);
  });

  it("is bounded: the oldest goes first", () => {
    const spent = createSpentMemory(2);
    for (const key of ["a", "b", "c"]) spent.remember(key, run, NOON + 1000);
    expect(["a", "b", "c"].map((key) => spent.recall(key) !== undefined)).toEqual([false, true, true]);
  });
});
