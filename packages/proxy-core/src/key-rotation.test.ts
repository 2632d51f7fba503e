import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createKeyRotation } from "./key-rotation.ts";

/** Keys that the upstream accepts, by their index; `own` requests are refused with any. */
function createStage(count: number, ...accepted: number[]) {
  const stage = {
    accepted: new Set(accepted),
    rejections: [] as number[],
    sent: [] as number[],
    /** Instead of the answer that the key would get. */
    answer: (_key: number): Response | Promise<Response> | undefined => undefined,
    async honest(isRepeatable = true): Promise<number> {
      return (await rotation.send(ask(false), isRepeatable)).status;
    },
    async own(isRepeatable = true): Promise<number> {
      return (await rotation.send(ask(true), isRepeatable)).status;
    },
  };
  const ask = (isOwn: boolean) => async (key: number) => {
    stage.sent.push(key);
    await Promise.resolve();
    return (await stage.answer(key)) ?? new Response("", { status: !isOwn && stage.accepted.has(key) ? 200 : 401 });
  };
  const rotation = createKeyRotation(count, (key) => stage.rejections.push(key));
  return stage;
}

const repeat = (times: number) => Array.from({ length: times });

beforeEach(() => {
  vi.useFakeTimers();
  let seed = 1;
  vi.spyOn(Math, "random").mockImplementation(() => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a key that was revoked", () => {
  it("is found out by one request, told once, and not used again", async () => {
    const stage = createStage(2, 1);
    expect([await stage.honest(), await stage.honest()]).toEqual([200, 200]);
    expect([stage.sent, stage.rejections]).toEqual([[0, 1, 1], [0]]);
  });

  it("is found out among any number of keys", async () => {
    const stage = createStage(4, 3);
    expect([await stage.honest(), await stage.honest()]).toEqual([200, 200]);
    expect([stage.sent, stage.rejections]).toEqual([
      [0, 1, 2, 3, 3],
      [0, 1, 2],
    ]);
  });

  it("costs requests at once a wait, and neither an answer nor a trial each", async () => {
    const stage = createStage(2, 1);
    expect(await Promise.all(repeat(20).map(() => stage.honest()))).toEqual(repeat(20).map(() => 200));
    expect(stage.rejections).toEqual([0]);
    expect(stage.sent).toHaveLength(40); // each was refused once
  });

  it("helps a request whose refusal comes after the trial is over", async () => {
    const stage = createStage(2, 1);
    let refuse = (_: Response) => {};
    stage.answer = () => new Promise((resolve) => (refuse = resolve));
    const late = stage.honest();
    await vi.advanceTimersByTimeAsync(0);
    stage.answer = () => undefined;
    await stage.honest();
    refuse(new Response("", { status: 401 }));
    expect(await late).toBe(200);
    expect(stage.rejections).toEqual([0]);
  });

  it("is used again when it is the other's turn to be revoked, and told again", async () => {
    const stage = createStage(2, 1);
    await stage.honest();
    stage.accepted = new Set([0]);
    expect([await stage.honest(), await stage.honest()]).toEqual([200, 200]);
    expect(stage.rejections).toEqual([0, 1]);
  });

  it("is left behind even if all requests are uploads that cannot be repeated", async () => {
    const stage = createStage(2, 1);
    expect([await stage.honest(false), await stage.honest(false), await stage.honest(false)]).toEqual([401, 200, 200]);
  });

  it("is found out though the other key was too busy for the trial", async () => {
    const stage = createStage(2, 1);
    stage.answer = (key) => (key === 1 ? new Response("", { status: 429 }) : undefined);
    expect(await stage.honest()).toBe(429);
    stage.answer = () => undefined;
    expect(await stage.honest()).toBe(200);
    expect(stage.rejections).toEqual([]); // no request was refused with one and accepted with the other
  });

  it("is found out though the trial broke", async () => {
    const stage = createStage(2, 1);
    stage.answer = (key) => (key === 1 ? Promise.reject(new Error("reset")) : undefined);
    await expect(stage.honest()).rejects.toThrow("reset");
    stage.answer = () => undefined;
    expect(await stage.honest()).toBe(200);
  });
});

describe("a caller's own 401s", () => {
  it("double one request in a minute, and tell nothing", async () => {
    const stage = createStage(2, 0, 1);
    for (let second = 0; second < 180; second++) {
      expect(await stage.own()).toBe(401);
      await stage.honest();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(stage.sent).toHaveLength(2 * 180 + 3);
    expect(stage.rejections).toEqual([]);
  });

  it("double one request of many at once", async () => {
    const stage = createStage(2, 0, 1);
    expect(await Promise.all(repeat(50).map(() => stage.own()))).toEqual(repeat(50).map(() => 401));
    expect([stage.sent.length, stage.rejections]).toEqual([51, []]);
  });

  it("do not bring a rejected key back", async () => {
    const stage = createStage(2, 1);
    await stage.honest();
    for (const _ of repeat(50)) {
      await stage.own();
      expect(await stage.honest()).toBe(200);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(stage.rejections).toEqual([0]);
  });

  it("cost others few answers in a minute, if the other key does not work yet", async () => {
    const stage = createStage(2, 0);
    const statuses: number[] = [];
    for (let second = 0; second < 60; second++) {
      await stage.own();
      await stage.own();
      statuses.push(await stage.honest());
      await vi.advanceTimersByTimeAsync(990);
    }
    expect(statuses.filter((status) => status !== 200).length).toBeLessThanOrEqual(3);
  });

  it.each([1, 2, 3])("do not hide a key that was revoked, be there %i for each other request", async (times) => {
    const stage = createStage(2, 0, 1);
    await stage.own();
    stage.accepted.delete(0);
    const statuses: number[] = [];
    for (const _ of repeat(40)) {
      for (const _ of repeat(times)) await stage.own();
      statuses.push(await stage.honest());
    }
    expect(statuses.slice(20)).toEqual(repeat(20).map(() => 200));
  });

  it("do not double requests by keys that seem to reject each other", async () => {
    const stage = createStage(2);
    let calls = 0;
    stage.answer = () => new Response("", { status: calls++ % 2 === 0 ? 401 : 200 });
    for (const _ of repeat(100)) await stage.own();
    expect(stage.sent.length).toBeLessThanOrEqual(102);
    expect(stage.rejections.length).toBeLessThanOrEqual(2);
  });

  it.each([408, 425, 429, 500, 503])("prove nothing by a %i that follows", async (status) => {
    const stage = createStage(2, 0, 1);
    stage.answer = (key) => (key === 1 ? new Response("", { status }) : undefined);
    expect(await stage.own()).toBe(status);
    expect(stage.rejections).toEqual([]);
  });
});

describe("requests at once", () => {
  it.each([false, true])(
    "do not talk each other out of the working key by late answers (in doubt: %s)",
    async (inDoubt) => {
      const stage = createStage(2, 0, 1);
      let answerLate = (_: Response) => {};
      stage.answer = () => new Promise((resolve) => (answerLate = resolve));
      const late = stage.honest();
      await vi.advanceTimersByTimeAsync(0);
      stage.answer = () => undefined;
      stage.accepted.delete(0);
      await stage.honest();
      for (const _ of repeat(inDoubt ? 2 : 0)) await stage.own();
      answerLate(new Response());
      await late;
      stage.sent.length = 0;
      expect([await stage.honest(), stage.sent]).toEqual([200, [1]]);
    },
  );

  it("wait no longer for a trial that has died with its caller", async () => {
    const stage = createStage(2, 0, 1);
    const heart = vi.spyOn(globalThis, "setInterval").mockImplementation(() => 0 as never); // workerd stops the timers, too
    stage.answer = (key) => (key === 1 ? new Promise(() => {}) : undefined);
    void stage.own();
    await vi.advanceTimersByTimeAsync(0);
    heart.mockRestore();
    const waiting = stage.own();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await waiting).toBe(401);
  });

  it("wait as long as a trial lives", async () => {
    const stage = createStage(2, 1);
    stage.answer = (key) =>
      key === 1 ? new Promise((resolve) => setTimeout(() => resolve(new Response()), 30_000)) : undefined;
    const answers = Promise.all([stage.honest(), stage.honest()]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answers).toEqual([200, 200]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it("with one key a 401 is the upstream's answer", async () => {
  const stage = createStage(1);
  expect([await stage.honest(), stage.sent, stage.rejections]).toEqual([401, [0], []]);
});
