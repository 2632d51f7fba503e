import { assertLimitOptions } from "../assert.ts";
import type { LimitStatus } from "../limiter.ts";
import type { Limit, TokenBucketOptions } from "./limit.ts";

export interface TokenBucketState {
  /** What the bucket held at `at`, in parts: one unit is `windowMs` parts, and each millisecond adds `limit` of them. */
  parts: number;
  at: number;
}

/**
 * A bucket of `limit` units that starts full and fills evenly, `limit` units per `windowMs`. It lets a burst of `limit` pass at any
 * time, so up to twice `limit` in a span of `windowMs`; its state is two numbers. Counted in integers: nothing is rounded.
 *
 * @throws TypeError if an option is not as documented.
 */
export function tokenBucket(options: TokenBucketOptions): Limit<TokenBucketState> {
  assertLimitOptions("tokenBucket", { ...options, windowMs: options.windowMs ?? 0 });
  const { name, limit, windowMs } = options;
  const full = limit * windowMs;
  if (!Number.isSafeInteger(full)) throw new TypeError("tokenBucket: limit * windowMs must be a safe integer");

  const filled = (state: TokenBucketState | null, now: number): TokenBucketState => {
    if (state === null) return { parts: full, at: now };
    const elapsed = Math.min(windowMs, Math.max(0, now - state.at));
    return { parts: Math.min(full, state.parts + elapsed * limit), at: Math.max(now, state.at) };
  };
  const status = ({ parts, at }: TokenBucketState, now: number): LimitStatus => {
    const remaining = Math.max(0, Math.floor(parts / windowMs));
    if (!(parts < full)) return { name, limit, remaining, windowMs };
    return { name, limit, remaining, windowMs, resetMs: until((remaining + 1) * windowMs, parts, at) - now };
  };
  const until = (wanted: number, parts: number, at: number) => at + Math.ceil((wanted - parts) / limit);

  return {
    spec: { kind: "token_bucket", name, limit, windowMs },
    take(state, now, cost) {
      const before = filled(state, now);
      // `cost` first: beyond the limit its product need not be exact.
      if (cost <= limit && before.parts >= cost * windowMs) {
        const after = { parts: before.parts - cost * windowMs, at: before.at };
        return { state: after, decision: { admitted: true, limits: [status(after, now)], takenAt: now } };
      }
      const denied = status(before, now);
      if (cost <= limit) denied.retryAfterMs = until(cost * windowMs, before.parts, before.at) - now;
      return { state, decision: { admitted: false, limits: [denied], deniedBy: name } };
    },
    give: (state) => state,
    peek: (state, now) => [status(filled(state, now), now)],
    expiresAt: ({ parts, at }, keepUntil) => Math.max(keepUntil ?? 0, until(full, parts, at)),
  };
}
