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
    return (await stage.answer(key)) ?? new Response(null, { status: !isOwn && stage.accepted.has(key) ? 200 : 401 });
  };
  const rotation = createKeyRotation(count, (key) => stage.rejections.push(key));
  return stage;
}

const repeat = (times: number) => Array.from({ length: times });

beforeEach(() => {
  vi.useFakeTimers();
  let seed = 123456789;
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
    const statuses: number[] = [];
    for (const _ of repeat(20)) statuses.push(await stage.honest(false));
    expect(statuses.slice(10)).toEqual(repeat(10).map(() => 200));
  });

  it.each([300, 302, 399, 404, 408, 429, 503])("is found out though the trial's answer was a %i", async (status) => {
    const stage = createStage(2, 1);
    stage.answer = (key) => (key === 1 ? new Response(null, { status }) : undefined);
    expect(await stage.honest()).toBe(status);
    stage.answer = () => undefined;
    for (const _ of repeat(10)) await stage.honest();
    expect(await stage.honest()).toBe(200);
    expect(stage.rejections).toEqual([]); // no request was refused with one and accepted with the other
  });

  it.each([300, 302, 304, 399])("is left behind where all that passes is a %i", async (status) => {
    const stage = createStage(2);
    stage.answer = (key) => (key === 1 ? new Response(null, { status }) : undefined);
    for (const _ of repeat(20)) await stage.honest();
    expect([stage.sent.slice(-10), stage.rejections]).toEqual([repeat(10).map(() => 1), []]);
  });

  it("is found out though the trial broke", async () => {
    const stage = createStage(2, 1);
    stage.answer = (key) => (key === 1 ? Promise.reject(new Error("reset")) : undefined);
    await expect(stage.honest()).rejects.toThrow("reset");
    stage.answer = () => undefined;
    for (const _ of repeat(10)) await stage.honest();
    expect(await stage.honest()).toBe(200);
  });
});

it("an answer that nobody gets is not left open", async () => {
  const stage = createStage(2, 1);
  let opened = 0;
  let cancelled = 0;
  const refusal = () => new ReadableStream({ start: () => void opened++, cancel: () => void cancelled++ });
  stage.answer = (key) => (key === 0 ? new Response(refusal(), { status: 401 }) : undefined);
  await Promise.all(repeat(3).map(() => stage.honest()));
  expect([opened, cancelled]).toEqual([3, 3]); // of the trial's own request, and of those that waited for it
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

  describe.each([1, 5, 20])("one in a second, with another caller's request every %i s", (gap) => {
    /** The seconds of an hour in which the other caller was refused. */
    async function refusedSeconds(working: number, ownFirst: boolean): Promise<number[]> {
      const stage = createStage(2, working);
      const refused: number[] = [];
      for (let second = 0; second < 3600; second++) {
        if (ownFirst) await stage.own();
        if (second % gap === 0 && (await stage.honest()) !== 200) refused.push(second);
        if (!ownFirst) await stage.own();
        vi.setSystemTime(Date.now() + 1000);
      }
      return refused;
    }

    it.each([true, false])(
      "cost it few answers while the other key does not work (own first: %s)",
      async (ownFirst) => {
        const refused = await refusedSeconds(0, ownFirst);
        for (const start of Array.from({ length: 60 }, (_, minute) => minute * 60)) {
          expect(refused.filter((second) => second >= start && second < start + 60).length).toBeLessThanOrEqual(2);
        }
        expect(refused.length).toBeLessThanOrEqual(gap === 1 ? 60 : 15);
      },
    );

    it("do not hide for long that the first key does not work", async () => {
      const leftAfter: number[] = [];
      for (const _ of repeat(50)) {
        const stage = createStage(2, 1);
        for (let second = 0; ; second++) {
          await stage.own();
          if (second % gap === 0 && (await stage.honest()) === 200) {
            leftAfter.push(second);
            break;
          }
          vi.setSystemTime(Date.now() + 1000);
        }
      }
      leftAfter.sort((a, b) => a - b);
      expect(leftAfter[43]).toBeLessThanOrEqual(120); // the rest is chance: half of the requests once a minute is over
      expect(leftAfter[49]).toBeLessThanOrEqual(300);
    });

    it("cost it few answers once the first key was left", async () => {
      const refused = await refusedSeconds(1, true);
      expect(refused.filter((second) => second >= 300).length).toBeLessThanOrEqual(gap === 1 ? 60 : 20);
    });
  });

  it("cost one of many requests at once while the other key does not work", async () => {
    const stage = createStage(2, 0);
    await stage.own();
    await stage.own();
    const statuses = await Promise.all(repeat(100).map(() => stage.honest()));
    expect(statuses.filter((status) => status !== 200)).toEqual([401]);
  });

  it("do not double requests by keys that seem to reject each other", async () => {
    const stage = createStage(2);
    let calls = 0;
    stage.answer = () => new Response("", { status: calls++ % 2 === 0 ? 401 : 200 });
    for (const _ of repeat(100)) await stage.own();
    expect(stage.sent.length).toBeLessThanOrEqual(102);
    expect(stage.rejections.length).toBeLessThanOrEqual(2);
  });

  it.each([101, 204, 299])("are none if a %i follows", async (status) => {
    const stage = createStage(2);
    const passed = () => Object.defineProperty(new Response(), "status", { value: status }); // no 101 can be made
    stage.answer = (key) => (key === 1 ? passed() : undefined);
    expect([await stage.own(), await stage.own(), stage.rejections]).toEqual([status, status, [0]]);
  });

  it.each([300, 302, 304, 399, 400, 403, 404, 408, 409, 425, 429, 500, 503])(
    "prove nothing by a %i that follows",
    async (status) => {
      const stage = createStage(2, 0, 1);
      stage.answer = (key) => (key === 1 ? new Response(null, { status }) : undefined);
      expect(await stage.own()).toBe(status);
      for (const _ of repeat(20)) await stage.own();
      expect([stage.sent.length, stage.rejections]).toEqual([22, []]); // the minute's pause stays
    },
  );
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
});

it("what was found out without a trial is not undone by late answers", async () => {
  const stage = createStage(2, 1);
  let answerLate = (_: Response) => {};
  stage.answer = () => new Promise((resolve) => (answerLate = resolve));
  const late = stage.honest(false);
  await vi.advanceTimersByTimeAsync(0);
  stage.answer = () => undefined;
  while ((await stage.honest(false)) !== 200);
  answerLate(new Response());
  expect([await late, await stage.honest(false)]).toEqual([200, 200]);
});

describe("a trial that is slow", () => {
  /** The first request with the second key is the trial's: it waits for this answer. */
  async function startSlowTrial(...accepted: number[]) {
    const stage = createStage(2, ...accepted);
    let answerTrial = (_: Response) => {};
    const slow = new Promise<Response>((resolve) => (answerTrial = resolve));
    stage.answer = (key) => (key === 1 && stage.sent.filter((sent) => sent === 1).length === 1 ? slow : undefined);
    const tried = stage.own();
    await vi.advanceTimersByTimeAsync(0);
    return {
      stage,
      async end(status: number) {
        answerTrial(new Response("", { status }));
        return await tried;
      },
    };
  }

  it.each([200, 401])("keeps others neither waiting nor refused for long (it ends with %i)", async (status) => {
    const { stage, end } = await startSlowTrial(1);
    const refused = stage.honest();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await refused).toBe(401); // sent with the first key, and not again: it could be its own 401
    for (let second = 1; second < 59; second++) {
      expect(await stage.honest()).toBe(200);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(vi.getTimerCount()).toBe(0);
    expect(await end(status)).toBe(status);
    expect(await stage.honest()).toBe(200);
    expect(stage.rejections).toEqual(status === 200 ? [0] : []);
    expect(stage.sent).toHaveLength(2 + 1 + 58 + 1);
  });

  it("does not let its caller send more than one request twice in a minute", async () => {
    const { stage, end } = await startSlowTrial(0, 1);
    const answers: Promise<number>[] = [];
    for (let call = 0; call < 100; call++) {
      answers.push(stage.own());
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(await end(401)).toBe(401);
    expect(new Set(await Promise.all(answers))).toEqual(new Set([401]));
    expect([stage.sent.length, stage.rejections]).toEqual([102, []]);
  });

  it("costs others one answer if its key does not work", async () => {
    const { stage, end } = await startSlowTrial(0);
    await vi.advanceTimersByTimeAsync(1000);
    const statuses: number[] = [];
    for (const _ of repeat(20)) statuses.push(await stage.honest());
    expect(statuses.filter((status) => status !== 200)).toEqual([401]);
    await end(401);
    expect([await stage.honest(), stage.rejections]).toEqual([200, []]);
  });

  it("is followed for a minute at most: its caller may be gone", async () => {
    const { stage } = await startSlowTrial(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await stage.honest(false)).toBe(200);
  });

  it("that fails leaves what any failed trial leaves", async () => {
    const { stage, end } = await startSlowTrial(0, 1);
    await vi.advanceTimersByTimeAsync(2000);
    await end(401);
    stage.sent.length = 0;
    for (const _ of repeat(10)) await stage.honest();
    expect([stage.sent, stage.rejections]).toEqual([repeat(10).map(() => 0), []]);
  });

  it("is not followed to a key that was rejected", async () => {
    const stage = createStage(2, 1);
    await stage.honest();
    stage.answer = (key) => (key === 0 ? new Promise(() => {}) : undefined);
    void stage.own();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await stage.honest()).toBe(200);
  });
});

it("with one key a 401 is the upstream's answer", async () => {
  const stage = createStage(1);
  expect([await stage.honest(), stage.sent, stage.rejections]).toEqual([401, [0], []]);
});
