import type { Decision, LimitStatus } from "../limiter.ts";

/**
 * A limit as a pure state machine: no clock, no storage, no mutation. A store keeps the state (plain JSON) and calls these.
 * All times are epoch milliseconds. A `null` state is that of a key that was never charged.
 */
export interface Limit<State = unknown> {
  /** The limit as plain data: `limitFromSpec(limit.spec)` is the same limit. */
  readonly spec: LimitSpec;
  /** Charge `cost`. A denial returns the very state that it was given. */
  take(state: State | null, now: number, cost: number): { state: State | null; decision: Decision };
  /** Return `cost` units that were charged at `takenAt`. */
  give(state: State, now: number, cost: number, takenAt: number): State;
  /** How it stands, nothing charged. */
  peek(state: State | null, now: number): LimitStatus[];
  /**
   * From when on the state says no more than no state at all, or `null` for never. `keepUntil`: the caller's own wish
   * (`null` for none), which decides for limits that never end by themselves.
   */
  expiresAt(state: State, keepUntil: number | null): number | null;
}

/** A limit as plain data, for JSON and RPC. */
export type LimitSpec = QuotaSpec | SlidingWindowSpec | TokenBucketSpec | EverySpec;

/** What {@link quota} takes. */
export interface QuotaOptions {
  /** A letter and up to 63 letters, digits, `_`, `.`, `:` or `-`. Callers see it. */
  name: string;
  /** Units per window, or in all: a positive integer of at most 15 digits. */
  limit: number;
  /** Milliseconds, a positive integer. Windows start at multiples of it since 1970: 86,400,000 is the UTC day. Default: no window. */
  windowMs?: number;
}

/** What {@link slidingWindow} takes. */
export interface SlidingWindowOptions {
  /** A letter and up to 63 letters, digits, `_`, `.`, `:` or `-`. Callers see it. */
  name: string;
  /** Units in any span of `windowMs`: a positive integer of at most 15 digits. */
  limit: number;
  /** Milliseconds, a positive integer. The smaller of `limit` and `windowMs` must be at most 10,000: it bounds the state. */
  windowMs: number;
}

/** What {@link tokenBucket} takes. */
export interface TokenBucketOptions {
  /** A letter and up to 63 letters, digits, `_`, `.`, `:` or `-`. Callers see it. */
  name: string;
  /** Units that a full bucket holds: a positive integer. */
  limit: number;
  /** Milliseconds in which an empty bucket fills evenly. `limit * windowMs` must be a safe integer: the count is exact. */
  windowMs: number;
}

/** A {@link quota} as plain data. */
export interface QuotaSpec extends QuotaOptions {
  kind: "quota";
}

/** A {@link slidingWindow} as plain data. */
export interface SlidingWindowSpec extends SlidingWindowOptions {
  kind: "sliding_window";
}

/** A {@link tokenBucket} as plain data. */
export interface TokenBucketSpec extends TokenBucketOptions {
  kind: "token_bucket";
}

/** An {@link every} as plain data. */
export interface EverySpec {
  kind: "every";
  limits: LimitSpec[];
}
