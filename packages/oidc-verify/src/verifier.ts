import { type GitHubClaims, hasAudience, readClaims } from "./claims.ts";
import { claimInvalid, keysUnavailable, OidcVerifyError } from "./errors.ts";
import { freezeDeep } from "./json.ts";
import type { KeyResolver } from "./keys.ts";
import { createLruCache } from "./lru-cache.ts";
import { isSignedBy } from "./signature.ts";
import { acceptedUntil, judgeTimes, readTimes } from "./time.ts";
import { type Algorithm, type DecodedToken, decodeToken } from "./token.ts";
import { readOptions, type TrustedIssuer, type VerifierOptions } from "./verifier-options.ts";

/** A token that is genuine, current and trusted. */
export interface VerifiedToken {
  /** Its claims, frozen. */
  readonly claims: GitHubClaims;
  /** The first instant at which the token is refused, epoch milliseconds. */
  readonly acceptedUntil: number;
}

/** Verifies tokens. Safe to use from any number of requests at once. */
export interface Verifier {
  /**
   * Resolves only for a token that is genuine, current and trusted.
   * @throws OidcVerifyError with any of its codes, and nothing else
   */
  verify(token: string): Promise<VerifiedToken>;
}

interface CacheEntry {
  readonly verified: VerifiedToken;
  readonly keys: TrustedIssuer["keys"];
  readonly kid: string;
  readonly alg: Algorithm;
  readonly key: CryptoKey;
}

/**
 * Makes a verifier of GitHub Actions OIDC tokens. It holds the issuers' keys and the tokens verified lately, so make one and
 * keep it.
 * @throws TypeError for options that cannot be meant
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuers, timeRules, clock, maxCachedTokens } = readOptions(options);
  const cache = createLruCache<CacheEntry>(maxCachedTokens);

  /** All that can be judged without a key, and the issuer to ask for it. */
  function judge({ payload }: DecodedToken): { issuer: TrustedIssuer; claims: GitHubClaims } {
    const issuer = typeof payload.iss === "string" ? issuers.get(payload.iss) : undefined;
    if (!issuer) throw claimInvalid("iss");
    if (!hasAudience(payload.aud, issuer.audiences)) throw claimInvalid("aud");
    judgeTimes(readTimes(payload), timeRules, clock());
    return { issuer, claims: readClaims(payload) };
  }

  function recall(token: string): VerifiedToken | undefined {
    const entry = cache.get(token);
    if (!entry) return undefined;
    const { verified } = entry;
    const now = clock();
    if (now < verified.acceptedUntil && isStillHeld(entry)) {
      judgeTimes(verified.claims, timeRules, now); // a clock can be set back, too
      return verified;
    }
    cache.delete(token);
    return undefined;
  }

  async function verify(token: string): Promise<VerifiedToken> {
    const known = recall(token);
    if (known) return known;
    const decoded = decodeToken(token);
    const { issuer, claims } = judge(decoded);
    const { keys, trust } = issuer;
    const { alg, kid } = decoded;
    const key = await findKey(keys, kid, alg);
    if (!(await isSignedBy(key, decoded))) throw new OidcVerifyError("signature_invalid", "Invalid signature");
    judgeTimes(claims, timeRules, clock()); // the claims are read from the very text that is signed; time went on
    trust.assertTrusted(claims);
    freezeDeep(claims); // not before: a refusal is cheaper without
    const verified = Object.freeze({ claims, acceptedUntil: acceptedUntil(claims, timeRules) });
    cache.set(token, { verified, keys, kid, alg, key });
    return verified;
  }

  return { verify };
}

function isStillHeld({ keys, kid, alg, key }: CacheEntry): boolean {
  try {
    return keys.peek(kid, alg) === key;
  } catch {
    return false; // then the key is asked for again, and the failure told
  }
}

async function findKey(keys: KeyResolver, kid: string, alg: Algorithm): Promise<CryptoKey> {
  try {
    return keys.peek(kid, alg) ?? (await keys.resolve(kid, alg));
  } catch (cause) {
    if (cause instanceof OidcVerifyError) throw cause;
    throw keysUnavailable(cause); // a resolver of the caller's own
  }
}
