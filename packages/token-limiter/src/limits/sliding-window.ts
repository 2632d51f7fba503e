import { assertLimitOptions } from "../assert.ts";
import type { LimitStatus } from "../limiter.ts";
import type { Limit, SlidingWindowOptions } from "./limit.ts";

export interface SlidingWindowState {
  /**
   * What was admitted and still counts: instant, units, instant, units, … oldest first, one pair per millisecond. So there
   * are never more pairs than the window has milliseconds, nor more than the limit has units.
   */
  runs: number[];
}

const MAX_RUNS = 10_000;

/**
 * At most `limit` units in any span of `windowMs`, exactly: a unit admitted at t counts until t + windowMs, where it is free.
 *
 * @throws TypeError if an option is not as documented.
 */
export function slidingWindow(options: SlidingWindowOptions): Limit<SlidingWindowState> {
  assertLimitOptions("slidingWindow", { ...options, windowMs: options.windowMs ?? 0 });
  const { name, limit, windowMs } = options;
  if (Math.min(limit, windowMs) > MAX_RUNS) {
    throw new TypeError(
      "slidingWindow: limit or windowMs must be at most 10,000, or the state has no bound; see tokenBucket",
    );
  }

  const status = ({ runs }: SlidingWindowState, used: number, now: number): LimitStatus => {
    const [oldest] = runs;
    if (oldest === undefined) return { name, limit, remaining: limit, windowMs };
    return { name, limit, remaining: Math.max(0, limit - used), windowMs, resetMs: oldest + windowMs - now };
  };

  return {
    spec: { kind: "sliding_window", name, limit, windowMs },
    take(state, now, cost) {
      const counted = count(state, now, windowMs);
      const used = counted.used + cost;
      if (used <= limit) {
        const after = { runs: charge(counted.runs, now, cost) };
        return { state: after, decision: { admitted: true, limits: [status(after, used, now)], takenAt: now } };
      }
      const denied = status(counted, counted.used, now);
      const frees = cost <= limit ? whenFree(counted.runs, used - limit) : undefined;
      if (frees !== undefined) denied.retryAfterMs = frees + windowMs - now;
      return { state, decision: { admitted: false, limits: [denied], deniedBy: name } };
    },
    give: (state) => state,
    peek(state, now) {
      const counted = count(state, now, windowMs);
      return [status(counted, counted.used, now)];
    },
    expiresAt: ({ runs }, keepUntil) => Math.max(keepUntil ?? 0, (runs.at(-2) ?? 0) + windowMs),
  };
}

/** The runs that still count, and their units. A clock that went back finds no more: what was over is gone from the state. */
function count(state: SlidingWindowState | null, now: number, windowMs: number): SlidingWindowState & { used: number } {
  if (state === null) return { runs: [], used: 0 };
  const { runs } = state;
  const over = now - windowMs;
  let first = 0;
  while (first < runs.length && (runs[first] as number) <= over) first += 2;
  let used = 0;
  for (let i = first + 1; i < runs.length; i += 2) used += runs[i] as number;
  return { runs: first === 0 ? runs : runs.slice(first), used };
}

function charge(runs: number[], now: number, cost: number): number[] {
  const newest = runs.length - 2;
  if (newest < 0) return [now, cost];
  const after = runs.slice();
  if ((runs[newest] as number) < now) after.push(now, cost);
  else after[newest + 1] = (runs[newest + 1] as number) + cost;
  return after;
}

/** The instant of the run with which `units` have gone, oldest first. */
function whenFree(runs: number[], units: number): number | undefined {
  let freed = 0;
  for (let i = 0; i < runs.length; i += 2) {
    freed += runs[i + 1] as number;
    if (freed >= units) return runs[i];
  }
  return undefined;
}
