import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { quota } from "@org/token-limiter";
import { type ConformanceTarget, conformanceCases } from "@org/token-limiter/conformance";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDurableLimiter } from "./durable-limiter.ts";
import type { LimiterObject } from "./limiter-object.ts";

type Namespace = DurableObjectNamespace<LimiterObject>;
type Stub = DurableObjectStub<LimiterObject>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Bytes of state and whether there is an alarm: nothing of either is an object that has forgotten. */
const readStored = (stub: Stub): Promise<{ bytes: number; alarm: number | null }> =>
  runInDurableObject(stub, async (_, { storage }) => {
    const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'record'").toArray().length;
    const query = tables === 0 ? "SELECT 0 AS bytes" : "SELECT length(state) AS bytes FROM record";
    return { bytes: storage.sql.exec<{ bytes: number }>(query).one().bytes, alarm: await storage.getAlarm() };
  });

/**
 * The object itself, asked from inside it: what it throws is carried out as a value, as the runtime prints whatever passes from an
 * object to its caller as an uncaught exception.
 */
const fromInside = (stub: Stub): Pick<LimiterObject, "take"> => ({
  async take(...args) {
    const outcome = await runInDurableObject(stub, (object: LimiterObject) =>
      object.take(...args).then(
        (answer) => ({ answer }),
        (thrown: Error) => ({ thrown }),
      ),
    );
    if ("thrown" in outcome) throw outcome.thrown;
    return outcome.answer;
  },
});

/** Let the object's storage throw at its nth query from now on, once. */
async function failNthQuery(stub: Stub, nth: number): Promise<void> {
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const honest = sql.exec.bind(sql);
    let queries = 0;
    const spy = vi.spyOn(sql, "exec").mockImplementation((...args) => {
      queries++;
      if (queries < nth) return honest(...args);
      spy.mockRestore();
      throw new Error("database or disk is full: SQLITE_FULL");
    });
  });
}

/** As a crash ends it: at once, while nobody asks it anything. */
async function kill(key: string): Promise<void> {
  const stub = () => env.LIMITER.getByName(key); // one that has seen the crash would not find the next object
  const living = new WeakSet<LimiterObject>();
  const isLiving = () => runInDurableObject(stub(), (object: LimiterObject) => living.has(object));
  await runInDurableObject(stub(), (object: LimiterObject, state) => {
    living.add(object);
    setTimeout(() => state.abort("killed"));
  });
  await vi.waitFor(async () => expect(await isLiving()).toBe(false));
}

const target: ConformanceTarget = {
  create(limit) {
    const prefix = crypto.randomUUID();
    const stubs = new Map<string, Stub>();
    const getByName = (key: string): Stub => {
      const stub = env.LIMITER.getByName(`${prefix}${key}`);
      stubs.set(key, stub);
      return stub;
    };
    const connect = () => createDurableLimiter({ getByName } as Namespace, limit);
    const sumOf = async (measure: (stub: Stub) => Promise<number>) => {
      let sum = 0;
      for (const stub of stubs.values()) sum += await measure(stub);
      return sum;
    };
    return {
      limiter: connect(),
      connect,
      setNow: (epochMs) => void vi.setSystemTime(epochMs),
      async restart() {
        for (const stub of stubs.values()) await evictDurableObject(stub);
        return connect();
      },
      countKeys: () =>
        sumOf(async (stub) => {
          await runDurableObjectAlarm(stub);
          const { bytes, alarm } = await readStored(stub);
          return bytes > 0 || alarm !== null ? 1 : 0;
        }),
      measureBytes: () => sumOf(async (stub) => (await readStored(stub)).bytes),
    };
  },
};

describe("the Durable Object keeps the contract of a limiter", () => {
  for (const { name, run } of conformanceCases(target)) it(name, run);
});

describe("a failure", () => {
  const limit = quota({ name: "token", limit: 3 });
  const end = () => Date.now() + 300_000;

  it.each([
    ["overloaded", Object.assign(new Error("Durable Object is overloaded"), { overloaded: true })],
    ["retryable", Object.assign(new Error("Network connection lost"), { retryable: true })],
    ["not an error", "gone"],
  ])("refuses, keeps its cause and is not tried again: %s", async (_name, thrown) => {
    const take = vi.fn().mockRejectedValue(thrown);
    const give = vi.fn().mockRejectedValue(thrown);
    const limiter = createDurableLimiter({ getByName: () => ({ take, give }) } as unknown as Namespace, limit);
    const expected = { name: "LimiterError", code: "limiter_unavailable", cause: thrown };
    await expect(limiter.take("key")).rejects.toMatchObject(expected);
    await expect(limiter.give("key", 1, 0)).rejects.toMatchObject(expected);
    expect([take.mock.calls.length, give.mock.calls.length]).toEqual([1, 1]);
  });

  it("to find the object refuses as well", async () => {
    const getByName = () => {
      throw new Error("no such namespace");
    };
    const limiter = createDurableLimiter({ getByName } as unknown as Namespace, limit);
    await expect(limiter.take("key")).rejects.toMatchObject({ code: "limiter_unavailable" });
  });

  const failing = { getByName: (key: string) => fromInside(env.LIMITER.getByName(key)) } as Namespace;

  it.each([
    ["reads", 1],
    ["makes its table", 2],
    ["writes its first row", 3],
  ])("of the storage when it %s refuses, charges nothing, and is over with the next request", async (_name, nth) => {
    const key = crypto.randomUUID();
    const limiter = createDurableLimiter(failing, limit);
    await failNthQuery(env.LIMITER.getByName(key), nth);
    await expect(limiter.take(key, 1, end())).rejects.toMatchObject({ code: "limiter_unavailable" });
    expect((await limiter.take(key, 1, end())).limits).toEqual([{ name: "token", limit: 3, remaining: 2 }]);
  });

  it("of the storage when it writes a later row refuses, charges nothing, and is over with the next request", async () => {
    const key = crypto.randomUUID();
    const limiter = createDurableLimiter(failing, limit);
    await limiter.take(key, 1, end());
    await failNthQuery(env.LIMITER.getByName(key), 1);
    await expect(limiter.take(key, 1, end())).rejects.toMatchObject({ code: "limiter_unavailable" });
    expect((await limiter.take(key, 1, end())).limits).toEqual([{ name: "token", limit: 3, remaining: 1 }]);
  });

  it("that kills the object loses nothing that was answered", async () => {
    const key = crypto.randomUUID();
    const limiter = createDurableLimiter(env.LIMITER, limit);
    await limiter.take(key, 1, end());
    await kill(key);
    expect((await limiter.take(key, 1, end())).limits).toEqual([{ name: "token", limit: 3, remaining: 1 }]);
  });

  it("of the programmer is a TypeError before anything is asked", async () => {
    const getByName = vi.fn();
    const limiter = createDurableLimiter({ getByName } as unknown as Namespace, limit);
    await expect(limiter.take("key", 0)).rejects.toThrow(TypeError);
    await expect(limiter.give("key", 1, Number.NaN)).rejects.toThrow(TypeError);
    expect(getByName).not.toHaveBeenCalled();
  });
});
