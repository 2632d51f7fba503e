import type { LimitStatus } from "@org/token-limiter";
import { aPositiveInteger } from "./assert-options.ts";

/** What is spent for good, or until the day ends. Kept in the isolate: it only spares questions whose answer is known. */
export interface SpentMemory {
  /** How the limit of this key stands, if it is known to be spent. */
  recall(key: string): LimitStatus | undefined;
  /**
   * Keep in mind that the limit of this key is spent.
   *
   * @param until - When the limit is free again, or the count may be forgotten: epoch milliseconds.
   */
  remember(key: string, status: LimitStatus, until: number): void;
  /** Something was returned. */
  forget(key: string): void;
}

const DAY_MS = 86_400_000;

/** About 5 MB of an isolate's 128. */
const MAX_KEYS = 10_000;

/**
 * A unit can come back to a narrower limit when a wider one turns out to be spent, which is over when the day is, so nothing is
 * remembered beyond the UTC day.
 *
 * @param maxKeys - Keys remembered at once, default 10,000; the oldest goes first, and costs one more question. A positive integer.
 * @throws TypeError for another `maxKeys`
 */
export function createSpentMemory(maxKeys: number = MAX_KEYS): SpentMemory {
  aPositiveInteger("maxKeys", maxKeys);
  const spent = new Map<string, { status: LimitStatus; at: number; until: number }>();
  return {
    recall(key) {
      const known = spent.get(key);
      if (known === undefined) return undefined;
      const now = Date.now();
      // Before its own time it is not: a clock that was set back.
      if (now < known.until && now >= known.at) return laterBy(now - known.at, known.status);
      spent.delete(key);
      return undefined;
    },
    remember(key, status, until) {
      const at = Date.now();
      const endOfDay = (Math.floor(at / DAY_MS) + 1) * DAY_MS;
      if (spent.size >= maxKeys) spent.delete(spent.keys().next().value ?? "");
      spent.set(key, { status, at, until: Math.min(until, endOfDay) });
    },
    forget(key) {
      spent.delete(key);
    },
  };
}

/** The same limit a while later: the waits are shorter. */
function laterBy(ms: number, { resetMs, retryAfterMs, ...status }: LimitStatus): LimitStatus {
  return {
    ...status,
    ...(resetMs !== undefined && { resetMs: resetMs - ms }),
    ...(retryAfterMs !== undefined && { retryAfterMs: retryAfterMs - ms }),
  };
}
