import type { CryptoKey } from "jose";
import type { Algorithm } from "./algorithm.ts";
import { elapsed } from "./elapsed.ts";
import { keyNotFound, keysUnavailable } from "./errors.ts";
import { fetchKeys } from "./fetch-keys.ts";
import { readIssuer } from "./issuers.ts";
import { createKeyCache, type KeyCacheTimes } from "./key-cache.ts";
import type { KeySet, SigningKey } from "./key-set.ts";
import { readSeams, type Seams } from "./seams.ts";
import { unsupportedAlgorithm } from "./token.ts";

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
export interface KeyResolverOptions extends Seams {
  /** The issuer, an https URL (http on loopback). One trailing slash is dropped. */
  readonly issuer: string;
  /** Time for one refresh, discovery and keys together. Default 5,000. */
  readonly timeoutMs?: number;
  /** Age up to which keys are used as they are. Default 600,000 (10 minutes). */
  readonly freshForMs?: number;
  /** Age up to which keys are used while the issuer cannot be reached. Default 86,400,000 (24 hours). */
  readonly staleForMs?: number;
  /**
   * For this long after one, no other refresh is made for an unknown `kid`; nor in the background after a failed one. With
   * known keys at hand, that is. Default 30,000.
   */
  readonly retryAfterMs?: number;
}

/**
 * The signing keys of one issuer, kept through rotation and outage. Fresh keys are used as they are; stale ones too, while one
 * refresh runs in the background. An unknown `kid` refreshes at most once per `retryAfterMs`, so a flood of forged tokens
 * costs the issuer one refresh: one request, or two where the keys are found by discovery. With no keys at hand a refresh that
 * failed is tried again after 1, 2, 4 and then every 8 seconds. Concurrent callers share one refresh, and survive the one that
 * began it. Of two keys with one `kid` and one algorithm the first of the set is used.
 * @throws TypeError for an issuer that is no https URL, a time that is not positive, or what should be a function and is not
 */
export function createKeyResolver(options: KeyResolverOptions): KeyResolver {
  const issuer = readIssuer(options.issuer);
  const times = readTimes(options);
  const { clock = Date.now, fetch = (input, init) => globalThis.fetch(input, init), waitUntil } = readSeams(options);
  const load = () => fetchKeys(issuer, fetch, times.timeoutMs);
  const cache = createKeyCache({ load, clock, times, waitUntil });
  let missedAtMs = Number.NEGATIVE_INFINITY;

  async function firstKeys(): Promise<KeySet> {
    const failure = cache.failure();
    const justFailed = failure && elapsed(failure.atMs, clock()) < failure.coldRetryMs;
    if (!justFailed || cache.isRefreshing()) await cache.refresh();
    const keys = cache.lastKnown();
    if (!keys) throw keysUnavailable(cache.failure()?.cause);
    return keys;
  }

  /** Looks for a key that the keys at hand do not have. A refresh under way will do: a second one would hardly tell more. */
  async function search(kid: string): Promise<readonly SigningKey[] | undefined> {
    if (cache.isRefreshing() || elapsed(missedAtMs, clock()) >= times.retryAfterMs) {
      missedAtMs = clock();
      await cache.refresh();
    }
    return cache.lastKnown()?.get(kid);
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
