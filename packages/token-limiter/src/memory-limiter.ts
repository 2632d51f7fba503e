import { assertPositiveInteger } from "./assert.ts";
import { LimiterError } from "./errors.ts";
import type { Limiter } from "./limiter.ts";
import type { Limit } from "./limits/limit.ts";
import { giveToRecord, type LimitRecord, takeFromRecord } from "./record.ts";

/** Options of {@link createMemoryLimiter}. */
export interface MemoryLimiterOptions {
  /** The time, epoch milliseconds. Default: `Date.now`. If it goes back, the limiter's time stands still. */
  clock?: () => number;
  /**
   * Keys remembered at once, a positive integer. Default 100,000. When so many are alive, new keys are refused with
   * `limiter_unavailable`: to forget a live one would mint its budget anew.
   */
  maxKeys?: number;
}

/** A limiter in this process's memory. */
export interface MemoryLimiter extends Limiter {
  /** Keys remembered now. */
  readonly size: number;
}

/**
 * A limiter for one process: exact, and gone with it.
 *
 * @throws TypeError if `maxKeys` is not as documented.
 */
export function createMemoryLimiter(limit: Limit, options: MemoryLimiterOptions = {}): MemoryLimiter {
  const { clock = Date.now, maxKeys = 100_000 } = options;
  assertPositiveInteger("maxKeys", maxKeys);
  const records = new Map<string, LimitRecord>();
  let reached = Number.NEGATIVE_INFINITY;
  let nextExpiry = Number.POSITIVE_INFINITY;

  const readNow = (): number => {
    const now = clock();
    if (now > reached) reached = now;
    return reached;
  };
  const sweep = (now: number): void => {
    if (now < nextExpiry) return;
    nextExpiry = Number.POSITIVE_INFINITY;
    for (const [key, { expiresAt }] of records) {
      if (expiresAt === null) continue;
      if (expiresAt <= now) records.delete(key);
      else nextExpiry = Math.min(nextExpiry, expiresAt);
    }
  };

  const insert = (key: string, record: LimitRecord, now: number): void => {
    if (records.size >= maxKeys) {
      sweep(now);
      if (records.size >= maxKeys) throw new LimiterError("Limiter unavailable: too many keys are alive");
    }
    if (record.expiresAt !== null) nextExpiry = Math.min(nextExpiry, record.expiresAt);
    records.set(key, record);
  };

  return {
    async take(key, cost, expiresAt) {
      const now = readNow();
      const before = records.get(key) ?? null;
      const { record, decision } = takeFromRecord(limit, before, now, cost, expiresAt);
      if (record === null || record === before) return decision;
      if (before === null) insert(key, record, now);
      else update(before, record);
      return decision;
    },
    async give(key, cost, takenAt) {
      const before = records.get(key) ?? null;
      const record = giveToRecord(limit, before, readNow(), cost, takenAt);
      if (before !== null && record !== null) update(before, record);
    },
    get size() {
      sweep(readNow());
      return records.size;
    },
  };
}

/** In place: a new entry in the map for each take would be work for the garbage collector. */
function update(stored: LimitRecord, record: LimitRecord): void {
  stored.state = record.state;
  stored.expiresAt = record.expiresAt;
}
