import { GITHUB_ISSUER, readIssuer } from "./issuers.ts";
import { isObject } from "./json.ts";
import { createKeyResolver, type KeyResolver } from "./keys.ts";
import { readSeams, type Seams } from "./seams.ts";
import type { TimeRules } from "./time.ts";
import { createTokenCache, type TokenCache } from "./token-cache.ts";
import { type CompiledTrust, compileTrust, type Trust } from "./trust.ts";

/** One issuer, and what is asked of its tokens. */
export interface IssuerOptions {
  /** Default: github.com's. One trailing slash is dropped; a token's `iss` must then be equal, exactly. */
  readonly issuer?: string;
  /** Required. The token's `aud` must contain one of these (RFC 7519, section 4.1.3). */
  readonly audience: string | readonly string[];
  /** Required: any workflow on GitHub can ask for any audience, so the audience alone keeps no stranger out. */
  readonly trust: Trust;
  /** Default: a resolver of the verifier's own. Pass one to share keys between verifiers. */
  readonly keys?: KeyResolver;
}

/** Options for the verifier as a whole. */
export interface SharedOptions extends Seams {
  /**
   * Judge a token's age by `iat`, in whole seconds, *instead of* `exp`, so that a token serves for longer than GitHub's five
   * minutes. A positive integer. Default: unset, `exp` is judged.
   */
  readonly maxAgeSeconds?: number;
  /** With `maxAgeSeconds`: judge `exp` as well. Default false. */
  readonly enforceExpiry?: boolean;
  /**
   * Where verified tokens are kept, so that the next use costs next to nothing. Default: a cache of the verifier's own, of 8 MiB.
   * Pass one to bound the memory of several verifiers together.
   */
  readonly cache?: TokenCache;
}

/** A verifier of one issuer's tokens. */
export interface SingleIssuerOptions extends IssuerOptions, SharedOptions {
  readonly issuers?: never;
}

/** A verifier of several issuers' tokens, each with its own audience, keys and rules. */
export interface MultiIssuerOptions extends SharedOptions {
  readonly issuers: readonly [IssuerOptions, ...IssuerOptions[]];
  readonly issuer?: never;
  readonly audience?: never;
  readonly trust?: never;
  readonly keys?: never;
}

/** Options of `createVerifier`. */
export type VerifierOptions = SingleIssuerOptions | MultiIssuerOptions;

/** An issuer, ready to judge its tokens. */
export interface TrustedIssuer {
  readonly audiences: ReadonlySet<string>;
  readonly keys: KeyResolver;
  readonly trust: CompiledTrust;
}

interface ReadOptions {
  readonly issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly timeRules: TimeRules;
  readonly clock: () => number;
  readonly cache: TokenCache;
}

const ISSUER_OPTIONS = ["issuer", "audience", "trust", "keys"] as const satisfies (keyof IssuerOptions)[];
const SHARED_OPTIONS = [
  "issuers",
  "maxAgeSeconds",
  "enforceExpiry",
  "cache",
  "clock",
  "fetch",
  "waitUntil",
] as const satisfies (keyof MultiIssuerOptions)[];

/** @throws TypeError naming the option */
export function readOptions(options: VerifierOptions): ReadOptions {
  const own = options.issuers === undefined ? ISSUER_OPTIONS : [];
  assertNoOthers(options, [...SHARED_OPTIONS, ...own]);
  const seams = readSeams(options);
  const { maxAgeSeconds, enforceExpiry = false, cache = createTokenCache() } = options;
  if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds > 0)) {
    throw new TypeError("maxAgeSeconds: must be a positive integer");
  }
  if (typeof enforceExpiry !== "boolean") throw new TypeError("enforceExpiry: must be a boolean");
  const timeRules = { maxAgeSeconds, enforceExpiry };
  return { issuers: readIssuers(options, seams), timeRules, clock: seams.clock ?? Date.now, cache };
}

/** A misspelt option would be a check that is silently off. */
function assertNoOthers(options: object, known: readonly string[]): void {
  const other = Object.entries(options).find(([name, value]) => value !== undefined && !known.includes(name));
  if (other) throw new TypeError(`${other[0]}: no such option here`);
}

function readIssuers(options: VerifierOptions, seams: Seams): Map<string, TrustedIssuer> {
  const list: readonly IssuerOptions[] = options.issuers === undefined ? [options] : options.issuers;
  if (!Array.isArray(list) || list.length === 0) throw new TypeError("issuers: must be a list of at least one");
  const issuers = new Map<string, TrustedIssuer>();
  for (const each of list as readonly IssuerOptions[]) {
    if (!isObject(each)) throw new TypeError("issuers: must be a list of objects");
    if (options.issuers !== undefined) assertNoOthers(each, ISSUER_OPTIONS);
    const issuer = readIssuer(each.issuer ?? GITHUB_ISSUER);
    if (issuers.has(issuer)) throw new TypeError("issuers: one is given twice");
    issuers.set(issuer, readTrustedIssuer(issuer, each, seams));
  }
  return issuers;
}

function readTrustedIssuer(issuer: string, { audience, keys, trust }: IssuerOptions, seams: Seams): TrustedIssuer {
  const audiences: unknown[] = Array.isArray(audience) ? audience : [audience];
  if (audiences.length === 0 || !audiences.every((audience) => typeof audience === "string" && audience !== "")) {
    throw new TypeError("audience: must be a string or a list of strings, none empty");
  }
  if (keys !== undefined) assertKeys(keys, issuer);
  return {
    audiences: new Set(audiences as string[]),
    keys: keys ?? createKeyResolver({ issuer, ...seams }),
    trust: compileTrust(trust),
  };
}

function assertKeys(keys: KeyResolver, issuer: string): void {
  if (typeof keys?.peek !== "function" || typeof keys.resolve !== "function") {
    throw new TypeError("keys: must be a key resolver");
  }
  if (keys.issuer !== issuer) throw new TypeError("keys: must be the keys of the same issuer");
}
