export { LimiterError, type LimiterErrorCode } from "./errors.ts";
export type { Admission, Decision, Denial, Limiter, LimitStatus } from "./limiter.ts";
export { every } from "./limits/every.ts";
export type {
  EverySpec,
  Limit,
  LimitSpec,
  QuotaOptions,
  QuotaSpec,
  SlidingWindowOptions,
  SlidingWindowSpec,
  TokenBucketOptions,
  TokenBucketSpec,
} from "./limits/limit.ts";
export { limitFromSpec } from "./limits/limit-from-spec.ts";
export { quota } from "./limits/quota.ts";
export { slidingWindow } from "./limits/sliding-window.ts";
export { tokenBucket } from "./limits/token-bucket.ts";
export { createMemoryLimiter, type MemoryLimiter, type MemoryLimiterOptions } from "./memory-limiter.ts";
export { type RateLimitFields, rateLimitFields } from "./ratelimit-fields.ts";
export { assertGive, assertTake, giveToRecord, type LimitRecord, takeFromRecord } from "./record.ts";
