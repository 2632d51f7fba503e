import { assertLimitOptions } from "../assert.ts";
import type { LimitStatus } from "../limiter.ts";
import type { Limit, QuotaOptions } from "./limit.ts";

export interface QuotaState {
  used: number;
  /** Start of the window in which they were used. 0 without a window. */
  windowStart: number;
}

/**
 * A number of units: in all, or per fixed window (aligned to 1970, so a day's window is the UTC day).
 *
 * @throws TypeError if an option is not as documented.
 */
export function quota(options: QuotaOptions): Limit<QuotaState> {
  assertLimitOptions("quota", options);
  const { name, limit, windowMs } = options;

  const windowStartAt = (now: number): number => (windowMs === undefined ? 0 : Math.floor(now / windowMs) * windowMs);
  const status = (used: number, windowStart: number, now: number): LimitStatus => {
    const remaining = used < limit ? limit - used : 0;
    if (windowMs === undefined) return { name, limit, remaining };
    if (used === 0) return { name, limit, remaining, windowMs };
    return { name, limit, remaining, windowMs, resetMs: windowStart + windowMs - now };
  };

  return {
    spec: { kind: "quota", name, limit, ...(windowMs === undefined ? {} : { windowMs }) },
    take(state, now, cost) {
      const windowStart = latestWindow(state, windowStartAt(now));
      const before = usedIn(state, windowStart);
      const used = before + cost;
      // Written so that a state that is not a number denies.
      if (used <= limit) {
        const limits = [status(used, windowStart, now)];
        return { state: { used, windowStart }, decision: { admitted: true, limits, takenAt: now } };
      }
      const denied = status(before, windowStart, now);
      if (cost <= limit && denied.resetMs !== undefined) denied.retryAfterMs = denied.resetMs;
      return { state, decision: { admitted: false, limits: [denied], deniedBy: name } };
    },
    give(state, _now, cost, takenAt) {
      if (windowStartAt(takenAt) !== state.windowStart) return state;
      return { used: Math.max(0, state.used - cost), windowStart: state.windowStart };
    },
    peek(state, now) {
      const windowStart = latestWindow(state, windowStartAt(now));
      return [status(usedIn(state, windowStart), windowStart, now)];
    },
    expiresAt: (state, keepUntil) =>
      windowMs === undefined ? keepUntil : Math.max(keepUntil ?? 0, state.windowStart + windowMs),
  };
}

/** A clock that went back stays in the window that was reached. */
function latestWindow(state: QuotaState | null, windowStart: number): number {
  return state === null || state.windowStart < windowStart ? windowStart : state.windowStart;
}

function usedIn(state: QuotaState | null, windowStart: number): number {
  return state === null || state.windowStart < windowStart ? 0 : state.used;
}
