import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { every, quota, slidingWindow } from "@org/token-limiter";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LimiterObject } from "./limiter-object.ts";

type Stub = DurableObjectStub<LimiterObject>;

// Far from the real time, which the object's alarm follows: it rings only when a test says so.
const START = Date.UTC(2100, 0, 1, 12);
const END = START + 300_000;
const spec = JSON.stringify(
  every(quota({ name: "token", limit: 5 }), slidingWindow({ name: "rate", limit: 3, windowMs: 1000 })).spec,
);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const newStub = (): Stub => env.LIMITER.getByName(crypto.randomUUID());

const exec = (stub: Stub, query: string): Promise<Record<string, SqlStorageValue>[]> =>
  runInDurableObject(stub, (_, { storage }) => storage.sql.exec(query).toArray());

/** Change what is stored behind the object's back, as another version of it would have left it. */
async function change(stub: Stub, query: string): Promise<void> {
  await exec(stub, query);
  await evictDurableObject(stub);
}

/** Everything in the object's storage: tables, but for the runtime's own, and the alarm. */
async function readStorage(stub: Stub): Promise<{ tables: SqlStorageValue[]; alarm: number | null }> {
  const tables = await exec(stub, "SELECT name FROM sqlite_master WHERE substr(name, 1, 4) <> '_cf_'");
  const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
  return { tables: tables.map(({ name }) => name ?? null), alarm };
}

interface Cost {
  rowsWritten: number;
  alarmsSet: number;
}

/** What one call of a method writes. */
function costOf(stub: Stub, call: (object: LimiterObject) => unknown): Promise<Cost> {
  return runInDurableObject<LimiterObject, Cost>(stub, async (object, { storage }) => {
    const { sql } = storage;
    const cursors: { rowsWritten: number }[] = [];
    const honest = sql.exec.bind(sql);
    const setAlarm = vi.spyOn(storage, "setAlarm");
    const spy = vi.spyOn(sql, "exec").mockImplementation((...args) => {
      const cursor = honest(...args);
      cursors.push(cursor);
      return cursor;
    });
    await call(object);
    const alarmsSet = setAlarm.mock.calls.length;
    spy.mockRestore();
    setAlarm.mockRestore();
    return { rowsWritten: cursors.reduce((rows, cursor) => rows + cursor.rowsWritten, 0), alarmsSet };
  });
}

const take = (object: LimiterObject) => object.take(spec, 1, END);

describe("what it writes", () => {
  it("is one row for each admitted request, after the first", async () => {
    const stub = newStub();
    // The first makes the table: two rows of the schema's own.
    expect(await costOf(stub, take)).toEqual({ rowsWritten: 3, alarmsSet: 1 });
    expect(await costOf(stub, take)).toEqual({ rowsWritten: 1, alarmsSet: 0 });
    expect(await costOf(stub, take)).toEqual({ rowsWritten: 1, alarmsSet: 0 });
    await evictDurableObject(stub);
    vi.setSystemTime(START + 1000);
    expect(await costOf(stub, take)).toEqual({ rowsWritten: 1, alarmsSet: 0 });
  });

  it("is nothing for a denied request", async () => {
    const stub = newStub();
    const nothing = { rowsWritten: 0, alarmsSet: 0 };
    expect(await costOf(stub, (object) => object.take(spec, 6, END))).toEqual(nothing);
    expect(await readStorage(stub)).toEqual({ tables: [], alarm: null });
    for (let i = 0; i < 3; i++) await stub.take(spec, 1, END);
    for (let i = 0; i < 3; i++) expect(await costOf(stub, take)).toEqual(nothing);
  });

  it("is one row for each unit given back", async () => {
    const stub = newStub();
    expect(await costOf(stub, (object) => object.give(spec, 1, START))).toEqual({ rowsWritten: 0, alarmsSet: 0 });
    await stub.take(spec, 1, END);
    expect(await costOf(stub, (object) => object.give(spec, 1, START))).toEqual({ rowsWritten: 1, alarmsSet: 0 });
  });

  it("is one row of a bounded size, whatever came", async () => {
    const stub = newStub();
    const fast = slidingWindow({ name: "rate", limit: 999_999_999, windowMs: 1000 });
    await runInDurableObject(stub, async (object: LimiterObject) => {
      for (let ms = 0; ms < 2500; ms += 1) {
        vi.setSystemTime(START + ms);
        await object.take(JSON.stringify(fast.spec), 100_000, END);
      }
    });
    const rows = await exec(stub, "SELECT length(state) AS bytes FROM record");
    expect(rows).toHaveLength(1);
    expect(rows[0]?.bytes).toBeLessThan(24_000);
  });
});

describe("a turn", () => {
  const ask = async (stub: Stub, of = spec): Promise<number | undefined> =>
    JSON.parse(await stub.take(of, 1, END)).turnMs;

  it("is given to each who is refused by the rate, after as many before them as are still to come", async () => {
    const stub = newStub();
    const asked = [];
    for (let i = 0; i < 8; i++) asked.push(await ask(stub));
    expect(asked).toEqual([undefined, undefined, undefined, 1001, 1001, 1001, 2101, 2101]);
    vi.setSystemTime(START + 1001);
    expect(await ask(stub)).toBe(undefined);
    expect(await ask(stub)).toBe(undefined);
    expect(await ask(stub), "the budget is spent").toBe(undefined);
  });

  it("is one of a row, whichever limits are asked beside the rate", async () => {
    const stub = newStub();
    const rate = JSON.stringify(every(slidingWindow({ name: "rate", limit: 3, windowMs: 1000 })).spec);
    for (let i = 0; i < 3; i++) await stub.take(spec, 1, END);
    expect([await ask(stub), await ask(stub, rate), await ask(stub), await ask(stub, rate)]).toEqual([
      1001, 1001, 1001, 2101,
    ]);
  });

  it("is forgotten with the object", async () => {
    const stub = newStub();
    for (let i = 0; i < 9; i++) await ask(stub);
    await evictDurableObject(stub);
    expect(await ask(stub)).toBe(1001);
  });

  it("is not given for several units, nor to who is too late for any", async () => {
    const stub = newStub();
    await stub.take(spec, 2, END);
    const denied = JSON.parse(await stub.take(spec, 2, END));
    expect(denied).toMatchObject({ deniedBy: "rate", limits: [{}, { retryAfterMs: 1000 }] });
    expect(denied).not.toHaveProperty("turnMs");
    expect(JSON.parse(await stub.take(spec, 1, START))).not.toHaveProperty("turnMs");
  });
});

describe("the alarm", () => {
  it("deletes everything once the token can no longer be accepted", async () => {
    const stub = newStub();
    await stub.take(spec, 1, END);
    expect(await readStorage(stub)).toEqual({ tables: ["record"], alarm: END });
    vi.setSystemTime(END);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await readStorage(stub)).toEqual({ tables: [], alarm: null });
    expect(await runDurableObjectAlarm(stub)).toBe(false);
  });

  it("waits for the later end that a take has named since", async () => {
    const stub = newStub();
    await stub.take(spec, 1, END);
    await stub.take(spec, 1, END + 60_000);
    expect((await readStorage(stub)).alarm).toBe(END);
    vi.setSystemTime(END);
    await runDurableObjectAlarm(stub);
    expect(await readStorage(stub)).toEqual({ tables: ["record"], alarm: END + 60_000 });
    vi.setSystemTime(END + 60_000);
    await runDurableObjectAlarm(stub);
    expect(await readStorage(stub)).toEqual({ tables: [], alarm: null });
  });

  it("is never set where nothing may be forgotten", async () => {
    const stub = newStub();
    await stub.take(JSON.stringify(quota({ name: "total", limit: 2 }).spec), 1, null);
    expect((await readStorage(stub)).alarm).toBe(null);
  });

  it("leaves what may not be forgotten any more", async () => {
    const stub = newStub();
    const spec = JSON.stringify(quota({ name: "total", limit: 2 }).spec);
    await stub.take(spec, 1, END);
    await stub.take(spec, 1, null);
    vi.setSystemTime(END);
    await runDurableObjectAlarm(stub);
    expect(await readStorage(stub)).toEqual({ tables: ["record"], alarm: null });
  });

  it("lets the object begin anew, without a restart and with one", async () => {
    for (const restart of [false, true]) {
      vi.setSystemTime(START);
      const stub = newStub();
      await stub.take(spec, 1, END);
      vi.setSystemTime(END);
      await runDurableObjectAlarm(stub);
      if (restart) await evictDurableObject(stub);
      expect(JSON.parse(await stub.take(spec, 1, END)), "of the token that is over").toMatchObject({ admitted: false });
      expect(JSON.parse(await stub.take(spec, 1, END + 1000))).toMatchObject({ admitted: true });
      expect(await readStorage(stub)).toEqual({ tables: ["record"], alarm: END + 1000 });
    }
  });

  it("does not mint when the clock goes back after it", async () => {
    const stub = newStub();
    await stub.take(spec, 3, END);
    vi.setSystemTime(END);
    await runDurableObjectAlarm(stub);
    vi.setSystemTime(END - 1);
    expect(JSON.parse(await stub.take(spec, 1, END))).toMatchObject({ admitted: false });
  });
});

describe("a stored form that this version does not know", () => {
  it.each([
    ["a newer version", "UPDATE record SET version = 2"],
    ["another table of that name", "ALTER TABLE record RENAME COLUMN state TO contents"],
    ["broken JSON", "UPDATE record SET state = '{'"],
    ["another limit's state", `UPDATE record SET state = '{"token":{"runs":[]},"rate":{"used":0}}'`],
    ["a state that is not a number", `UPDATE record SET state = '{"token":{"used":"many"},"rate":{"runs":[]}}'`],
  ])("is refused: %s", async (_name, query) => {
    const stub = newStub();
    await stub.take(spec, 1, END);
    await change(stub, query);
    const before = await exec(stub, "SELECT * FROM record");
    const answer = await runInDurableObject(stub, async (object: LimiterObject) =>
      object.take(spec, 1, END).then(
        (decision) => JSON.parse(decision).admitted,
        () => false,
      ),
    );
    expect(answer).toBe(false);
    expect(await exec(stub, "SELECT * FROM record")).toEqual(before);
  });

  it("is not deleted, but looked at again a day later", async () => {
    const stub = newStub();
    await stub.take(spec, 1, END);
    await change(stub, "UPDATE record SET version = 2");
    vi.setSystemTime(END);
    await runDurableObjectAlarm(stub);
    expect(await readStorage(stub)).toEqual({ tables: ["record"], alarm: END + 86_400_000 });
    await change(stub, "UPDATE record SET version = 1");
    await runDurableObjectAlarm(stub);
    expect(await readStorage(stub)).toEqual({ tables: [], alarm: null });
  });
});
