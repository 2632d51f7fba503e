import { createRecencyList, type RecencyList, type Recent } from "./recency-list.ts";

/** Options of {@link createTokenCache}. */
export interface TokenCacheOptions {
  /** Memory for verified tokens, bytes, estimated from above; 0 for none. Default 8,388,608 (8 MiB). */
  readonly maxBytes?: number;
}

/**
 * A budget of memory for verified tokens. Verifiers that share one share the budget only: none ever finds what another has
 * verified, as their rules may differ.
 */
export interface TokenCache {
  /** Bytes held now, as estimated; at most the budget. */
  readonly bytes: number;
}

/** One verifier's part of a cache. */
export interface TokenMap<Value> {
  /** @param now epoch milliseconds; whatever ended until then is dropped, the parts of other verifiers too */
  get(token: string, now: number): Value | undefined;
  /** Keeps a value, unless it is larger than the whole budget. */
  set(token: string, kept: Kept<Value>, now: number): void;
  delete(token: string): void;
}

interface Kept<Value> {
  readonly value: Value;
  readonly bytes: number;
  /** The first instant at which it is of no use, epoch milliseconds. */
  readonly until: number;
}

interface Entry extends Recent<Entry> {
  readonly token: string;
  readonly bytes: number;
  readonly until: number;
  readonly value: unknown;
  readonly home: Map<string, Entry>;
}

interface Store {
  readonly maxBytes: number;
  /** Of all verifiers. */
  readonly entries: RecencyList<Entry>;
  bytes: number;
  /** No entry ends before. */
  nextEnd: number;
}

/** Apart from the caches themselves, so that nobody but a verifier puts anything in. */
const stores = new WeakMap<TokenCache, Store>();

/**
 * Makes a cache for one or several verifiers. Tokens that have ended are dropped with the next use of it, whoever's they are; if
 * there is no room, the token that was not used for longest is.
 * @throws TypeError for a `maxBytes` that is no integer or negative
 */
export function createTokenCache({ maxBytes = 8_388_608 }: TokenCacheOptions = {}): TokenCache {
  if (!(Number.isSafeInteger(maxBytes) && maxBytes >= 0))
    throw new TypeError("maxBytes: must be an integer, 0 or more");
  const store: Store = { maxBytes, entries: createRecencyList(), bytes: 0, nextEnd: Number.POSITIVE_INFINITY };
  const cache = Object.freeze({
    get bytes() {
      return store.bytes;
    },
  });
  stores.set(cache, store);
  return cache;
}

/** @throws TypeError for what `createTokenCache` did not make */
export function openTokenMap<Value>(cache: TokenCache): TokenMap<Value> {
  const store = stores.get(cache);
  if (!store) throw new TypeError("cache: must be a token cache");
  const home = new Map<string, Entry>();
  return {
    get(token, now) {
      if (now >= store.nextEnd) sweep(store, now);
      const entry = home.get(token);
      if (!entry) return undefined;
      store.entries.touch(entry);
      return entry.value as Value;
    },
    set(token, { value, bytes, until }, now) {
      if (now >= store.nextEnd) sweep(store, now);
      remove(store, home.get(token));
      if (bytes <= store.maxBytes) add(store, { token, value, bytes, until, home, newer: undefined, older: undefined });
    },
    delete(token) {
      remove(store, home.get(token));
    },
  };
}

function add(store: Store, entry: Entry): void {
  while (store.bytes + entry.bytes > store.maxBytes) remove(store, store.entries.oldest());
  entry.home.set(entry.token, entry);
  store.entries.add(entry);
  store.bytes += entry.bytes;
  store.nextEnd = Math.min(store.nextEnd, entry.until);
}

function remove(store: Store, entry: Entry | undefined): void {
  if (!entry) return;
  entry.home.delete(entry.token);
  store.entries.remove(entry);
  store.bytes -= entry.bytes;
}

function sweep(store: Store, now: number): void {
  store.nextEnd = Number.POSITIVE_INFINITY;
  for (let entry = store.entries.newest(); entry; entry = entry.older) {
    if (entry.until <= now) remove(store, entry);
    else store.nextEnd = Math.min(store.nextEnd, entry.until);
  }
}
