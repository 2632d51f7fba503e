import type { Decision } from "./limiter.ts";
import type { Limit } from "./limits/limit.ts";

/** What a store keeps per key: plain JSON. */
export interface LimitRecord {
  /** The limit's own. */
  state: unknown;
  /** From when on it may be deleted, epoch milliseconds; `null` for never. Until it is deleted it counts. */
  expiresAt: number | null;
}

/**
 * One take on one record, for stores: read the record, call this, and write what it returns if it is not the one you gave it,
 * with nothing in between. The very same record means that nothing changed and there is nothing to write.
 *
 * @param now - Epoch milliseconds, by the store's clock.
 * @throws TypeError if `cost` or `expiresAt` is not as {@link Limiter.take} says.
 */
export function takeFromRecord(
  limit: Limit,
  record: LimitRecord | null,
  now: number,
  cost: number = 1,
  expiresAt: number | null = null,
): { record: LimitRecord | null; decision: Decision } {
  assertTake(cost, expiresAt);
  const before = record === null ? null : record.state;
  if (expiresAt !== null && expiresAt <= now) return { record, decision: tooLate(limit, before, now) };
  const taken = limit.take(before, now, cost);
  if (!taken.decision.admitted) return { record, decision: taken.decision };
  const { state } = taken;
  return {
    record: { state, expiresAt: limit.expiresAt(state, keepUntil(record, expiresAt)) },
    decision: taken.decision,
  };
}

/** One give on one record. As {@link takeFromRecord}: write what it returns if it is not the one you gave it. */
export function giveToRecord(
  limit: Limit,
  record: LimitRecord | null,
  now: number,
  cost: number,
  takenAt: number,
): LimitRecord | null {
  assertGive(cost, takenAt);
  if (record === null) return null;
  const state = limit.give(record.state, now, cost, takenAt);
  return state === record.state ? record : { state, expiresAt: record.expiresAt };
}

/** @throws TypeError unless these are arguments of {@link Limiter.take}. Check them before you ask a backend. */
export function assertTake(cost: number, expiresAt: number | null): void {
  if (!(Number.isSafeInteger(cost) && cost > 0)) throw new TypeError("cost must be a positive integer");
  if (expiresAt !== null && !isInstant(expiresAt)) throw new TypeError("expiresAt must be epoch milliseconds");
}

/** @throws TypeError unless these are arguments of {@link Limiter.give}. Check them before you ask a backend. */
export function assertGive(cost: number, takenAt: number): void {
  assertTake(cost, null);
  if (!isInstant(takenAt)) throw new TypeError("takenAt must be epoch milliseconds");
}

/** A time that a `Date` can hold. */
const isInstant = (value: number): boolean => Number.isFinite(value) && Math.abs(value) <= 8.64e15;

/** The latest wish counts, and "never" is later than any. */
function keepUntil(record: LimitRecord | null, expiresAt: number | null): number | null {
  if (record === null) return expiresAt;
  return record.expiresAt === null || expiresAt === null ? null : Math.max(record.expiresAt, expiresAt);
}

/** The caller's state may be gone by now, so what it says about the past is worth nothing. */
function tooLate(limit: Limit, state: unknown, now: number): Decision {
  const limits = limit.peek(state, now).map((status) => ({ ...status, remaining: 0 }));
  return { admitted: false, limits, deniedBy: limits[0]?.name ?? "" };
}
