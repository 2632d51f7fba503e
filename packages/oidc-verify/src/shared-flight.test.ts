import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSharedFlight } from "./shared-flight.ts";

/** A flight, and how each piece of its work is brought to its end. */
function createStage() {
  const ends: (() => void)[] = [];
  return { flight: createSharedFlight(() => new Promise((resolve) => ends.push(resolve))), ends };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("is waited for as long as it is alive, and is one for all", async () => {
  const { flight, ends } = createStage();
  const isDone = vi.fn();
  const joined = [flight.join(), flight.join().then(isDone)];
  await vi.advanceTimersByTimeAsync(10_000);
  expect([ends.length, flight.isUnderWay(), isDone.mock.calls]).toEqual([1, true, []]);
  ends[0]?.();
  await Promise.all(joined);
  expect([ends.length, flight.isUnderWay(), vi.getTimerCount()]).toEqual([1, false, 0]);
});

it("is begun anew by one of those who wait for it if it dies, and may land late", async () => {
  const { flight, ends } = createStage();
  vi.spyOn(globalThis, "setInterval").mockReturnValueOnce(undefined as never); // no more beats
  void flight.join();
  const joined = [flight.join(), flight.join()];
  await vi.advanceTimersByTimeAsync(1000);
  expect(ends).toHaveLength(2);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(flight.isUnderWay()).toBe(true);
  ends[1]?.();
  await Promise.all(joined);
  expect([ends.length, flight.isUnderWay()]).toEqual([2, false]);
});
