import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createTally } from "./tally.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(waitUntil: (work: Promise<unknown>) => void = () => {}) {
  const lines: object[] = [];
  return { lines, tally: createTally(waitUntil, (code, details) => lines.push({ code, ...details })) };
}

it("writes one line for each second and code, with the details of the first and the number", async () => {
  const { lines, tally } = start();
  for (let i = 0; i < 1000; i++) tally.add("missing_token", { status: 401, i });
  tally.add("route_not_allowed", { status: 404 });
  expect(lines).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(lines).toEqual([
    { code: "missing_token", status: 401, i: 0, count: 1000 },
    { code: "route_not_allowed", status: 404, count: 1 },
  ]);
  tally.add("missing_token", { status: 401 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(lines.slice(2)).toEqual([{ code: "missing_token", status: 401, count: 1 }]);
});

it("is quiet when there is nothing to tell", async () => {
  const { lines, tally } = start();
  tally.add("missing_token", {});
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lines).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

it("asks to be kept alive, so that it hangs on no caller", async () => {
  const work: Promise<unknown>[] = [];
  const { lines, tally } = start((each) => work.push(each));
  tally.add("missing_token", {});
  tally.add("missing_token", {});
  expect(work).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1000);
  await work[0];
  expect(lines).toHaveLength(1);
});

it.each([
  ["a second later", 1000, 1],
  ["when the clock was set back", -1000, 1],
  ["but not within the second", 999, 0],
])("writes what is due with the next refusal, should the timer be lost: %s", async (_, ms, written) => {
  const { lines, tally } = start();
  tally.add("missing_token", {});
  vi.clearAllTimers();
  vi.setSystemTime(Date.now() + ms);
  tally.add("missing_token", {});
  expect(lines).toHaveLength(written);
});

it("goes on after a timer that was lost", async () => {
  const { lines, tally } = start();
  tally.add("missing_token", {});
  vi.clearAllTimers();
  vi.setSystemTime(Date.now() + 5000);
  tally.add("missing_token", {});
  expect(lines).toEqual([{ code: "missing_token", count: 1 }]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(lines).toHaveLength(2);
});
