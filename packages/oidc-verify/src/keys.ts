import { OidcVerifyError } from "./errors.ts";
import { fetchJson } from "./fetch-json.ts";
import { isSecure, knownJwksUri, readIssuer } from "./issuers.ts";
import { isObject } from "./json.ts";
import { type KeySet, readKeySet, type SigningKey } from "./key-set.ts";
import { createSharedFlight } from "./shared-flight.ts";
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

interface Held {
  readonly keys: KeySet;
  readonly fetchedAtMs: number;
}

/**
 * The signing keys of one issuer, kept through rotation and outage. Fresh keys are used as they are; stale ones too, while one
 * refresh runs in the background. An unknown `kid` refreshes at most once per `retryAfterMs`, so a flood of forged tokens
 * costs the issuer one request. Concurrent callers share one refresh, and survive the one that began it.
 * @throws TypeError for an issuer that is no https URL, or a time that is not positive
 */
export function createKeyResolver(options: KeyResolverOptions): KeyResolver {
  const { timeoutMs = 5000, freshForMs = 600_000, staleForMs = 86_400_000, retryAfterMs = 30_000 } = options;
  for (const [name, ms] of Object.entries({ timeoutMs, freshForMs, staleForMs, retryAfterMs })) {
    if (!(Number.isFinite(ms) && ms > 0)) throw new TypeError(`${name}: must be a positive number of milliseconds`);
  }
  const issuer = readIssuer(options.issuer);
  const { clock = Date.now, fetch = (input, init) => globalThis.fetch(input, init), waitUntil } = options;
  let held: Held | undefined;
  let startedAtMs = 0;
  let failure: { readonly atMs: number; readonly cause: unknown } | undefined;
  let missedAtMs = Number.NEGATIVE_INFINITY;

  const refresh = createSharedFlight(async () => {
    const fetchedAtMs = clock();
    startedAtMs = fetchedAtMs;
    try {
      const document = await withTimeout(timeoutMs, (signal) => fetchKeys(issuer, fetch, signal));
      held = { keys: await readKeySet(document, held?.keys), fetchedAtMs };
      failure = undefined;
    } catch (cause) {
      failure = { atMs: clock(), cause };
      throw unavailable(cause);
    }
  });

  /** Keys that may be used now. Sees to it that stale ones are refreshed; nothing if that must be waited for. */
  function usable(): KeySet | undefined {
    const now = clock();
    const age = held ? now - held.fetchedAtMs : Number.POSITIVE_INFINITY;
    if (!held || age > staleForMs) return undefined;
    if (age <= freshForMs || (failure && now - failure.atMs < retryAfterMs)) return held.keys;
    if (refresh.isUnderWay()) return now - startedAtMs > timeoutMs ? undefined : held.keys;
    const work = refresh.join().catch(() => {}); // its failure is remembered; the keys at hand serve on
    waitUntil?.(work);
    return held.keys;
  }

  async function refreshed(): Promise<KeySet> {
    const recent = failure && clock() - failure.atMs < COLD_RETRY_MS;
    if (!recent || refresh.isUnderWay()) await refresh.join().catch(() => {});
    if (held && clock() - held.fetchedAtMs <= staleForMs) return held.keys;
    throw unavailable(failure?.cause);
  }

  async function resolve(kid: string, alg: Algorithm): Promise<CryptoKey> {
    const keys = usable();
    const known = (keys ?? (await refreshed())).get(kid);
    if (known) return pick(known, alg);
    if (!keys)
      missedAtMs = clock(); // just asked, for this very key
    else if (refresh.isUnderWay() || clock() - missedAtMs >= retryAfterMs) {
      missedAtMs = clock();
      await refresh.join().catch(() => {});
      const found = held?.keys.get(kid);
      if (found) return pick(found, alg);
    }
    if (failure) throw unavailable(failure.cause); // whether the issuer has this key cannot be told
    throw new OidcVerifyError("key_not_found", "No matching key in JWKS");
  }

  return {
    issuer,
    peek: (kid, alg) =>
      usable()
        ?.get(kid)
        ?.find((candidate) => candidate.alg === alg)?.key,
    resolve,
  };
}

function pick(candidates: readonly SigningKey[], alg: Algorithm): CryptoKey {
  const match = candidates.find((candidate) => candidate.alg === alg);
  if (!match) throw unsupportedAlgorithm(alg);
  return match.key;
}

function unavailable(cause: unknown): OidcVerifyError {
  return new OidcVerifyError("keys_unavailable", "Signing keys unavailable", { cause });
}

async function fetchKeys(issuer: string, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<unknown> {
  const known = knownJwksUri(issuer);
  return fetchJson(fetch, known ?? (await discover(issuer, fetch, signal)), signal);
}

/** OpenID Connect Discovery 1.0, section 4: the document must be the issuer's own. */
async function discover(issuer: string, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<string> {
  const document = await fetchJson(fetch, `${issuer}/.well-known/openid-configuration`, signal);
  if (!isObject(document) || document.issuer !== issuer) throw new Error("discovery names another issuer");
  const { jwks_uri } = document;
  if (typeof jwks_uri !== "string" || !URL.canParse(jwks_uri) || !isSecure(new URL(jwks_uri))) {
    throw new Error("discovery: jwks_uri must be an https URL");
  }
  return jwks_uri;
}

/** A time-out of our own beside the signal: an injected `fetch` may not heed it. */
async function withTimeout<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${ms} ms`);
      controller.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}
