import type { Algorithm } from "./algorithm.ts";
import { assertAudience } from "./audience.ts";
import { type GitHubClaims, readClaims } from "./claims.ts";
import { claimInvalid, keysUnavailable, OidcVerifyError } from "./errors.ts";
import { estimateBytes } from "./estimate-bytes.ts";
import { freezeDeep } from "./json.ts";
import type { KeyResolver } from "./keys.ts";
import { isSignedBy } from "./signature.ts";
import { acceptedUntil, judgeTimes, readTimes } from "./time.ts";
import { type DecodedToken, decodeToken } from "./token.ts";
import { openTokenMap } from "./token-cache.ts";
import type { CompiledTrust } from "./trust.ts";
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
   * Resolves only for a token that is genuine, current and trusted. While it is remembered, all callers get the same object.
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
  const { issuers, timeRules, clock, cache } = readOptions(options);
  const tokens = openTokenMap<CacheEntry>(cache);

  /** All that can be judged without a key, and the issuer to ask for it. Nothing of an unverified claim is told. */
  function judge({ payload }: DecodedToken): { issuer: TrustedIssuer; claims: GitHubClaims } {
    const issuer = typeof payload.iss === "string" ? issuers.get(payload.iss) : undefined;
    if (!issuer) throw claimInvalid("iss");
    judgeTimes(readTimes(payload), timeRules, clock());
    return { issuer, claims: readClaims(payload) };
  }

  function recall(token: string): VerifiedToken | undefined {
    const now = clock();
    const entry = tokens.get(token, now);
    if (!entry) return undefined;
    if (isStillHeld(entry)) {
      judgeTimes(entry.verified.claims, timeRules, now); // a clock can be set back, too
      return entry.verified;
    }
    tokens.delete(token);
    return undefined;
  }

  async function verify(token: string): Promise<VerifiedToken> {
    const known = recall(token);
    if (known) return known;
    const decoded = decodeToken(token);
    const { issuer, claims } = judge(decoded);
    const { keys, audiences, trust } = issuer;
    const { alg, kid } = decoded;
    const key = await findKey(keys, kid, alg);
    if (!(await isSignedBy(key, decoded))) throw new OidcVerifyError("signature_invalid", "Invalid signature");
    const rival = recall(token);
    if (rival) return rival; // verified meanwhile: one token is one object, so that callers can tell what they saw before
    const now = clock();
    judgeTimes(claims, timeRules, now); // the claims are read from the very text that is signed; time went on
    const size = freezeDeep(claims);
    assertAudience(claims, audiences);
    assertTrusted(claims, trust);
    const until = acceptedUntil(claims, timeRules);
    const verified = Object.freeze({ claims, acceptedUntil: until });
    tokens.set(token, { value: { verified, keys, kid, alg, key }, bytes: estimateBytes(token, size), until }, now);
    return verified;
  }

  return { verify };
}

function assertTrusted(claims: GitHubClaims, trust: CompiledTrust): void {
  const refusal = trust.refusalOf(claims);
  if (refusal) throw new OidcVerifyError("untrusted", refusal.message, { ...refusal, claims });
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
