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

  /** What counts now. A clock that went back stays in the window that was reached. */
  const current = (state: QuotaState | null, now: number): QuotaState => {
    const windowStart = windowMs === undefined ? 0 : Math.floor(now / windowMs) * windowMs;
    return state !== null && !(state.windowStart < windowStart) ? state : { used: 0, windowStart };
  };
  const status = ({ used, windowStart }: QuotaState, now: number): LimitStatus => {
    const remaining = Math.max(0, limit - used);
    if (windowMs === undefined) return { name, limit, remaining };
    if (used === 0) return { name, limit, remaining, windowMs };
    return { name, limit, remaining, windowMs, resetMs: windowStart + windowMs - now };
  };

  return {
    spec: { kind: "quota", name, limit, ...(windowMs === undefined ? {} : { windowMs }) },
    take(state, now, cost) {
      const before = current(state, now);
      const used = before.used + cost;
      // Written so that a state that is not a number denies.
      if (used <= limit) {
        const after = { used, windowStart: before.windowStart };
        return { state: after, decision: { admitted: true, limits: [status(after, now)], takenAt: now } };
      }
      const denied = status(before, now);
      if (cost <= limit && denied.resetMs !== undefined) denied.retryAfterMs = denied.resetMs;
      return { state, decision: { admitted: false, limits: [denied], deniedBy: name } };
    },
    give(state, _now, cost, takenAt) {
      if (windowMs !== undefined && Math.floor(takenAt / windowMs) * windowMs !== state.windowStart) return state;
      return { used: Math.max(0, state.used - cost), windowStart: state.windowStart };
    },
    peek: (state, now) => [status(current(state, now), now)],
    expiresAt: (state, keepUntil) =>
      windowMs === undefined ? keepUntil : Math.max(keepUntil ?? 0, state.windowStart + windowMs),
  };
}
