import { every } from "./every.ts";
import type { Limit, LimitSpec } from "./limit.ts";
import { quota } from "./quota.ts";
import { slidingWindow } from "./sliding-window.ts";
import { tokenBucket } from "./token-bucket.ts";

/**
 * The limit that a spec describes: what a store does with a spec that came by JSON or RPC.
 *
 * @throws TypeError if it describes none.
 */
export function limitFromSpec(spec: LimitSpec): Limit {
  switch (spec.kind) {
    case "quota":
      return quota(spec);
    case "sliding_window":
      return slidingWindow(spec);
    case "token_bucket":
      return tokenBucket(spec);
    case "every":
      return every(...spec.limits.map(limitFromSpec));
    default:
      throw new TypeError("limitFromSpec: unknown kind of limit");
  }
}
