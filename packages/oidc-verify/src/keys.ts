import { keyNotFound, keysUnavailable } from "./errors.ts";
import { fetchKeys } from "./fetch-keys.ts";
import { readIssuer } from "./issuers.ts";
import { createKeyCache, type KeyCacheTimes } from "./key-cache.ts";
import type { KeySet, SigningKey } from "./key-set.ts";
import { type Algorithm, unsupportedAlgorithm } from "./token.ts";

/** Where a verifier gets an issuer's keys. May be shared between verifiers. */
export interface KeyResolver {
  /** The issuer whose keys these are. */
  readonly issuer: string;
  /**
   * The key, if it is at hand and may be used now; else nothing, and `resolve` must be asked. The same key is the same object
   * each time for as long as the issuer publishes it.
   */
  peek(kid: string, alg: Algorithm): CryptoKey | undefined;
  /**
   * The key, fetched if need be.
   * @throws OidcVerifyError `key_not_found`, `algorithm_not_allowed` (the key declares another), `keys_unavailable`
   */
  resolve(kid: string, alg: Algorithm): Promise<CryptoKey>;
}

/** Options of {@link createKeyResolver}. All times are milliseconds. */
export interface KeyResolverOptions {
  /** The issuer, an https URL (http on loopback). One trailing slash is dropped. */
  readonly issuer: string;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Epoch milliseconds. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Time for one refresh, discovery and keys together. Default 5,000. */
  readonly timeoutMs?: number;
  /** Age up to which keys are used as they are. Default 600,000 (10 minutes). */
  readonly freshForMs?: number;
  /** Age up to which keys are used while the issuer cannot be reached. Default 86,400,000 (24 hours). */
  readonly staleForMs?: number;
  /**
   * For this long after one, no refresh is made for an unknown `kid`, nor in the background after a failed one.
   * Default 30,000.
   */
  readonly retryAfterMs?: number;
  /**
   * Keeps a refresh in the background alive after the answer is sent: pass `waitUntil` of `cloudflare:workers` on Workers.
   * Without it such a refresh may die with its request there, and a later request then waits for its own.
   */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

/** After a failed refresh with no keys at hand, for how long the next callers are told so without asking again. */
const COLD_RETRY_MS = 1000;

/**
 * The signing keys of one issuer, kept through rotation and outage. Fresh keys are used as they are; stale ones too, while one
 * refresh runs in the background. An unknown `kid` refreshes at most once per `retryAfterMs`, so a flood of forged tokens
 * costs the issuer one request. Concurrent callers share one refresh, and survive the one that began it.
 * @throws TypeError for an issuer that is no https URL, or a time that is not positive
 */
export function createKeyResolver(options: KeyResolverOptions): KeyResolver {
  const issuer = readIssuer(options.issuer);
  const times = readTimes(options);
  const { clock = Date.now, fetch = (input, init) => globalThis.fetch(input, init), waitUntil } = options;
  const load = () => fetchKeys(issuer, fetch, times.timeoutMs);
  const cache = createKeyCache({ load, clock, times, waitUntil });
  let missedAtMs = Number.NEGATIVE_INFINITY;

  async function firstKeys(): Promise<KeySet> {
    const failure = cache.failure();
    const justFailed = failure && clock() - failure.atMs < COLD_RETRY_MS;
    if (!justFailed || cache.isRefreshing()) await cache.refresh();
    const keys = cache.lastKnown();
    if (!keys) throw keysUnavailable(cache.failure()?.cause);
    return keys;
  }

  /** Looks for a key that the keys at hand do not have. */
  async function search(kid: string): Promise<readonly SigningKey[] | undefined> {
    for (;;) {
      const found = cache.lastKnown()?.get(kid);
      const isUnderWay = cache.isRefreshing(); // by another's wish: it may have begun before this key was published
      if (found || (!isUnderWay && clock() - missedAtMs < times.retryAfterMs)) return found;
      if (!isUnderWay) missedAtMs = clock();
      await cache.refresh();
    }
  }

  async function resolve(kid: string, alg: Algorithm): Promise<CryptoKey> {
    const atHand = cache.current();
    let candidates = (atHand ?? (await firstKeys())).get(kid);
    if (!candidates && !atHand) missedAtMs = clock(); // just asked
    candidates ??= await search(kid);
    if (candidates) return pick(candidates, alg);
    const failure = cache.failure();
    if (failure) throw keysUnavailable(failure.cause); // whether the issuer has this key cannot be told
    throw keyNotFound();
  }

  function peek(kid: string, alg: Algorithm): CryptoKey | undefined {
    const candidates = cache.current()?.get(kid);
    return candidates?.find((candidate) => candidate.alg === alg)?.key;
  }

  return { issuer, peek, resolve };
}

function pick(candidates: readonly SigningKey[], alg: Algorithm): CryptoKey {
  const match = candidates.find((candidate) => candidate.alg === alg);
  if (!match) throw unsupportedAlgorithm(alg);
  return match.key;
}

/** The longest time a runtime's timer takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

function readTimes(options: KeyResolverOptions): KeyCacheTimes {
  const { timeoutMs = 5000, freshForMs = 600_000, staleForMs = 86_400_000, retryAfterMs = 30_000 } = options;
  const times = { timeoutMs, freshForMs, staleForMs, retryAfterMs };
  for (const [name, ms] of Object.entries(times)) {
    if (!(Number.isFinite(ms) && ms > 0)) throw new TypeError(`${name}: must be a positive number of milliseconds`);
  }
  if (timeoutMs > MAX_TIMEOUT_MS) throw new TypeError(`timeoutMs: must be at most ${MAX_TIMEOUT_MS}`);
  return times;
}
