import {
  assertGive,
  assertTake,
  type Decision,
  type Limit,
  type Limiter,
  LimiterError,
  limitFromSpec,
} from "@org/token-limiter";
import type { LimiterObject } from "./limiter-object.ts";

/** A limiter that can tell each of those whom it refuses a moment of their own. */
export interface TurnLimiter extends Limiter {
  /**
   * As `take`. A denial by a limit with a window says besides, in `turnMs`, after how many milliseconds to come back: later than
   * `retryAfterMs`, which is the same for all, and in less than a minute. Absent otherwise.
   */
  takeOrTurn(key: string, cost: number, expiresAt?: number): Promise<Decision & { turnMs?: number }>;
}

/**
 * A limiter with one Durable Object per key. A failure is never tried again, because the units may have been charged already:
 * the caller is refused, and the next call asks a fresh stub.
 *
 * @param namespace - Of the class {@link LimiterObject}: `env.LIMITER`.
 * @param limit - One of `@org/token-limiter`, as the object makes it anew from its `spec`.
 * @throws TypeError naming the parameter
 */
export function createDurableLimiter(namespace: DurableObjectNamespace<LimiterObject>, limit: Limit): TurnLimiter {
  if (!hasObjects(namespace)) throw new TypeError("namespace: must be that of a Durable Object, as env.LIMITER is");
  assertLimit(limit);
  const spec = JSON.stringify(limit.spec);
  const takeOrTurn: TurnLimiter["takeOrTurn"] = async (key, cost, expiresAt) => {
    assertTake(cost, expiresAt ?? null);
    try {
      return JSON.parse(await namespace.getByName(key).take(spec, cost, expiresAt ?? null));
    } catch (cause) {
      throw new LimiterError("Limiter unavailable", { cause });
    }
  };
  return {
    takeOrTurn,
    async take(key, cost = 1, expiresAt) {
      const { turnMs: _, ...decision } = await takeOrTurn(key, cost, expiresAt);
      return decision;
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

/** Whether it is a namespace of Durable Objects: a binding that is not there is `undefined`. */
export const hasObjects = (namespace: Partial<DurableObjectNamespace> | undefined): boolean =>
  typeof namespace?.getByName === "function";

function assertLimit(limit: Limit): void {
  try {
    limitFromSpec(limit.spec);
  } catch (cause) {
    throw new TypeError("limit: must be one of @org/token-limiter's", { cause });
  }
}
