import { createManualClock, type ManualClock } from "@org/oidc-verify/testing";
import type { ConformanceSubject, ConformanceTarget } from "../src/conformance.ts";
import type { Limiter } from "../src/limiter.ts";
import type { Limit } from "../src/limits/limit.ts";
import { giveToRecord, type LimitRecord, takeFromRecord } from "../src/record.ts";

/** The steps of a store. Replace one to break it. */
export interface Steps {
  store: Map<string, string>;
  clock: ManualClock;
  keyOf(key: string): string;
  read(key: string): LimitRecord | null;
  write(key: string, record: LimitRecord): void;
  /** Called between read and write. */
  between(): void | Promise<void>;
  take: typeof takeFromRecord;
  give: typeof giveToRecord;
  /** After a crash. */
  restart(): void;
}

/** What breaks a store: its own steps instead of the honest ones, or another limit than the one asked for. */
export interface Sabotage {
  limit?(limit: Limit): Limit;
  steps?(honest: Steps, limit: Limit): Partial<Steps>;
  limiter?(honest: Limiter): Limiter;
}

/** A limiter on a store that outlives it, as simple as can be: an honest one passes every case. */
export function createStoreTarget(sabotage: Sabotage = {}): ConformanceTarget {
  return {
    create(wanted): ConformanceSubject {
      const limit = sabotage.limit?.(wanted) ?? wanted;
      const honest = createSteps();
      const steps: Steps = { ...honest, ...sabotage.steps?.(honest, limit) };
      const connect = () => {
        const limiter = createStoreLimiter(limit, steps);
        return sabotage.limiter?.(limiter) ?? limiter;
      };
      return {
        limiter: connect(),
        setNow: steps.clock.set,
        connect,
        restart() {
          steps.restart();
          return connect();
        },
        countKeys() {
          for (const key of steps.store.keys()) forget(steps, key);
          return steps.store.size;
        },
        measureBytes: () => [...steps.store.values()].reduce((bytes, value) => bytes + value.length, 0),
      };
    },
  };
}

function createSteps(): Steps {
  const store = new Map<string, string>();
  return {
    store,
    clock: createManualClock(),
    keyOf: (key) => key,
    read: (key) => JSON.parse(store.get(key) ?? "null"),
    write: (key, record) => void store.set(key, JSON.stringify(record)),
    between() {},
    take: takeFromRecord,
    give: giveToRecord,
    restart() {},
  };
}

function createStoreLimiter(limit: Limit, steps: Steps): Limiter {
  return {
    async take(rawKey, cost, expiresAt) {
      const key = steps.keyOf(rawKey);
      const before = steps.read(key);
      const waiting = steps.between();
      if (waiting) await waiting;
      const { record, decision } = steps.take(limit, before, steps.clock(), cost, expiresAt);
      if (record !== null && record !== before) steps.write(key, record);
      return decision;
    },
    async give(rawKey, cost, takenAt) {
      const key = steps.keyOf(rawKey);
      const before = steps.read(key);
      const record = steps.give(limit, before, steps.clock(), cost, takenAt);
      if (record !== null && record !== before) steps.write(key, record);
    },
  };
}

function forget({ store, read, clock }: Steps, key: string): void {
  const expiresAt = read(key)?.expiresAt ?? null;
  if (expiresAt !== null && expiresAt <= clock()) store.delete(key);
}
