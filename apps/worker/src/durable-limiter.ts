import { assertGive, assertTake, type Limit, type Limiter, LimiterError } from "@org/token-limiter";
import type { LimiterObject } from "./limiter-object.ts";

/**
 * A limiter with one Durable Object per key. A failure is never tried again, because the units may have been charged already:
 * the caller is refused, and the next call asks a fresh stub.
 */
export function createDurableLimiter(namespace: DurableObjectNamespace<LimiterObject>, limit: Limit): Limiter {
  const spec = JSON.stringify(limit.spec);
  return {
    async take(key, cost = 1, expiresAt) {
      assertTake(cost, expiresAt ?? null);
      try {
        return JSON.parse(await namespace.getByName(key).take(spec, cost, expiresAt ?? null));
      } catch (cause) {
        throw new LimiterError("Limiter unavailable", { cause });
      }
    },
    async give(key, cost, takenAt) {
      assertGive(cost, takenAt);
      try {
        await namespace.getByName(key).give(spec, cost, takenAt);
      } catch (cause) {
        throw new LimiterError("Limiter unavailable", { cause });
      }
    },
  };
}
