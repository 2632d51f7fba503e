import { type KeySet, readKeySet } from "./key-set.ts";
import { createSharedFlight } from "./shared-flight.ts";

/** How long keys serve. All milliseconds. */
export interface KeyCacheTimes {
  readonly timeoutMs: number;
  readonly freshForMs: number;
  readonly staleForMs: number;
  readonly retryAfterMs: number;
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
  /** How the last refresh failed, if it did. */
  failure(): { readonly atMs: number; readonly cause: unknown } | undefined;
}

export interface KeyCacheOptions {
  readonly load: () => Promise<unknown>;
  readonly clock: () => number;
  readonly times: KeyCacheTimes;
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

export function createKeyCache({ load, clock, times, waitUntil }: KeyCacheOptions): KeyCache {
  let held: { readonly keys: KeySet; readonly fetchedAtMs: number } | undefined;
  let failure: { readonly atMs: number; readonly cause: unknown } | undefined;
  let startedAtMs = 0;

  const flight = createSharedFlight(async () => {
    const fetchedAtMs = clock();
    startedAtMs = fetchedAtMs;
    try {
      held = { keys: await readKeySet(await load(), held?.keys), fetchedAtMs };
      failure = undefined;
    } catch (cause) {
      failure = { atMs: clock(), cause };
    }
  });

  function refresh(): Promise<void> {
    const work = flight.join();
    waitUntil?.(work);
    return work;
  }

  function lastKnown(now = clock()): KeySet | undefined {
    return held && now - held.fetchedAtMs <= times.staleForMs ? held.keys : undefined;
  }

  function current(): KeySet | undefined {
    const now = clock(); // once: this is asked for every token, remembered ones too
    if (held && now - held.fetchedAtMs <= Math.min(times.freshForMs, times.staleForMs)) return held.keys;
    const keys = lastKnown(now);
    if (!keys || (failure && now - failure.atMs < times.retryAfterMs)) return keys;
    if (flight.isUnderWay()) {
      // Overdue: it died with the request that began it, and so might the next. Wait for it this time.
      return now - startedAtMs > times.timeoutMs ? undefined : keys;
    }
    void refresh();
    return keys;
  }

  return { current, lastKnown: () => lastKnown(), refresh, isRefreshing: flight.isUnderWay, failure: () => failure };
}
