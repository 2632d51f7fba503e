import { elapsed } from "./elapsed.ts";
import { type KeySet, readKeySet } from "./key-set.ts";
import { createSharedFlight } from "./shared-flight.ts";

/** How long keys serve. All milliseconds. */
export interface KeyCacheTimes {
  readonly timeoutMs: number;
  readonly freshForMs: number;
  readonly staleForMs: number;
  readonly retryAfterMs: number;
}

/** How the last refresh failed. */
interface RefreshFailure {
  readonly atMs: number;
  readonly cause: unknown;
  /** For how long callers who have no keys at hand are told so without asking again, milliseconds. */
  readonly coldRetryMs: number;
}

/** One issuer's keys over time. */
export interface KeyCache {
  /** Keys that may be used now. Has stale ones refreshed in the background; nothing if that must be waited for. */
  current(): KeySet | undefined;
  /** Keys of whatever age still serves, without any refresh. */
  lastKnown(): KeySet | undefined;
  /** Waits for one refresh, shared with others, however it ends. */
  refresh(): Promise<void>;
  isRefreshing(): boolean;
  /** Absent if the last refresh did not fail. */
  failure(): RefreshFailure | undefined;
}

export interface KeyCacheOptions {
  readonly load: () => Promise<unknown>;
  readonly clock: () => number;
  readonly times: KeyCacheTimes;
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** Doubled from one failure to the next: an outage costs the issuer little, and a short one is over soon for us too. */
const COLD_RETRY_MIN_MS = 1000;
const COLD_RETRY_MAX_MS = 8000;

export function createKeyCache({ load, clock, times, waitUntil }: KeyCacheOptions): KeyCache {
  let held: { readonly keys: KeySet; readonly fetchedAtMs: number } | undefined;
  let failure: RefreshFailure | undefined;
  let startedAtMs = 0;
  const freshForMs = Math.min(times.freshForMs, times.staleForMs);

  const flight = createSharedFlight(async () => {
    const fetchedAtMs = clock();
    startedAtMs = fetchedAtMs;
    try {
      held = { keys: await readKeySet(await load(), held?.keys), fetchedAtMs };
      failure = undefined;
    } catch (cause) {
      const doubledMs = failure && !lastKnown() ? 2 * failure.coldRetryMs : COLD_RETRY_MIN_MS;
      const coldRetryMs = Math.min(doubledMs, COLD_RETRY_MAX_MS);
      failure = { atMs: clock(), cause, coldRetryMs };
    }
  });

  function refresh(): Promise<void> {
    const work = flight.join();
    try {
      waitUntil?.(work);
    } catch {
      // The work goes on without it, or is done again.
    }
    return work;
  }

  function lastKnown(now = clock()): KeySet | undefined {
    return held && elapsed(held.fetchedAtMs, now) <= times.staleForMs ? held.keys : undefined;
  }

  function current(): KeySet | undefined {
    const now = clock(); // once: this is asked for every token, remembered ones too
    if (held && elapsed(held.fetchedAtMs, now) <= freshForMs) return held.keys;
    const keys = lastKnown(now);
    if (!keys || (failure && elapsed(failure.atMs, now) < times.retryAfterMs)) return keys;
    if (flight.isUnderWay()) {
      // Overdue: it died with the request that began it, and so might the next. Wait for it this time.
      return elapsed(startedAtMs, now) > times.timeoutMs ? undefined : keys;
    }
    void refresh();
    return keys;
  }

  return { current, lastKnown: () => lastKnown(), refresh, isRefreshing: flight.isUnderWay, failure: () => failure };
}
