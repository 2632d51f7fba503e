/**
 * Decides how much a caller may still do. Anyone may implement this; `@org/token-limiter/conformance` checks that they did.
 *
 * What an implementer promises:
 * - **A denial is a value, a failure throws.** `take` answers "no" with a {@link Decision}. It throws a `LimiterError` only if
 *   the backend failed; the caller then refuses. It never admits because it could not ask.
 * - **`take` is atomic.** Whatever arrives at once, and whoever asks, exactly as many units are admitted as the limit allows:
 *   nothing may happen between reading the state and writing it.
 * - **A denial charges nothing**, in no limit of several.
 * - **What was charged is remembered** across restarts, at least until `expiresAt` and until the limit's own window is over.
 *   After that the implementer deletes it: what is stored is bounded.
 * - **Keys are opaque.** Any string is a key; no two keys share anything.
 * - **A clock that goes backwards mints nothing.** Time that was reached once counts as reached.
 */
export interface Limiter {
  /**
   * Charge `cost` units to `key`, or charge nothing and say why.
   *
   * @param key - Whom to charge: an opaque string.
   * @param cost - Units, a positive integer. Default 1. More than the limit is always denied.
   * @param expiresAt - When the state of `key` may be forgotten at the earliest, epoch milliseconds; of several, the latest
   *   counts. Give the instant from which the caller's credential is refused anyway. Default: never, unless every limit has
   *   a window that ends. If that instant has come the take is denied: what cannot be remembered must not be admitted.
   * @throws TypeError if `cost` or `expiresAt` is not as above.
   * @throws LimiterError `limiter_unavailable` if the backend failed. The units may or may not have been charged.
   */
  take(key: string, cost?: number, expiresAt?: number): Promise<Decision>;

  /**
   * Undo a take that turned out to be for nothing: return its units to the quotas, once.
   *
   * Rates (`slidingWindow`, `tokenBucket`) get nothing back: they bound how often something is admitted, and it was. A quota
   * whose window has changed since gets nothing back either, so no window ever admits more than its limit net of returns.
   * Unknown keys are left alone.
   *
   * @param key - The key that was charged.
   * @param cost - The units that were charged.
   * @param takenAt - The `takenAt` of the decision that is undone: it names the window.
   * @throws TypeError if `cost` or `takenAt` is not as above.
   * @throws LimiterError `limiter_unavailable` if the backend failed. Do not try again: the units may have been returned.
   */
  give(key: string, cost: number, takenAt: number): Promise<void>;
}

/** The answer to a take. Plain data: it survives JSON and RPC. */
export type Decision = Admission | Denial;

/** The units are charged. */
export interface Admission {
  admitted: true;
  /** Every limit after the charge, in the order in which they were given. */
  limits: LimitStatus[];
  /** When the units were charged, by the limiter's clock, epoch milliseconds. Keep it if you may have to `give` them back. */
  takenAt: number;
}

/** Nothing is charged. */
export interface Denial {
  admitted: false;
  /** Every limit as it stands, in the order in which they were given. */
  limits: LimitStatus[];
  /** The name of the first limit that denied. */
  deniedBy: string;
}

/** How one limit stands. */
export interface LimitStatus {
  /** The limit's own name. */
  name: string;
  /** Units that it allows in all, or per window. */
  limit: number;
  /** Units that are left now: an integer from 0 to `limit`. */
  remaining: number;
  /** Length of its window, milliseconds. Absent if it has none. */
  windowMs?: number;
  /** Milliseconds until units come back by themselves. Absent if none are out or none ever come back. */
  resetMs?: number;
  /** Only where this limit denied: milliseconds until it would admit this cost. Absent if it never will. */
  retryAfterMs?: number;
}
