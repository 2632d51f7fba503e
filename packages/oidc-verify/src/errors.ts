import type { GitHubClaims } from "./claims.ts";

/** What each code is answered with: no acceptable token (401), a genuine one that no rule admits (403), an outage on our side (503). */
const STATUS = {
  missing_token: 401,
  token_malformed: 401,
  algorithm_not_allowed: 401,
  key_not_found: 401,
  signature_invalid: 401,
  token_expired: 401,
  token_too_old: 401,
  token_not_yet_valid: 401,
  claim_invalid: 401,
  untrusted: 403,
  keys_unavailable: 503,
} as const;

/** What is wrong, as a stable word. `missing_token` comes from `readBearer` alone. */
export type OidcVerifyErrorCode = keyof typeof STATUS;

/** Details of an {@link OidcVerifyError}. */
export interface OidcVerifyErrorOptions {
  /** The claim that decided, if it was one claim. */
  claim?: string;
  /** Of a token whose signature was checked, its claims; frozen. */
  claims?: GitHubClaims;
  /** The claims that failed, each with the token's own value as it may be shown; `undefined` where it has none. */
  failed?: Readonly<Record<string, string | undefined>>;
  /** Of `keys_unavailable`, what lies beneath: for logs, never for the caller. It holds nothing of the token. */
  cause?: unknown;
}

/**
 * The only error that hostile input or an outage can raise. `message` is safe to show to the caller: it holds no part of the
 * token but values quoted from it, cut to 200 printable characters.
 */
export class OidcVerifyError extends Error {
  override readonly name = "OidcVerifyError";
  /** What is wrong, for programs. */
  readonly code: OidcVerifyErrorCode;
  /** The HTTP status to answer with: 401, 403 for `untrusted`, 503 for `keys_unavailable`. */
  readonly status: 401 | 403 | 503;
  /** The claim that decided, if it was one claim. */
  readonly claim?: string;
  /**
   * Who is refused: all claims, frozen. Present only if the token is genuine, its signature checked: with a wrong audience, and
   * with `untrusted`. Not enumerable, so that a log that prints the error does not print them all.
   */
  declare readonly claims?: GitHubClaims;
  /**
   * Why, of a genuine token: each claim that failed, in order, with the token's own value, cut to 200 printable characters;
   * `undefined` where it has none. Never a value of a rule. Not enumerable either.
   */
  declare readonly failed?: Readonly<Record<string, string | undefined>>;

  constructor(code: OidcVerifyErrorCode, message: string, options: OidcVerifyErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = STATUS[code];
    if (options.claim !== undefined) this.claim = options.claim;
    for (const name of ["claims", "failed"] as const) {
      if (options[name] !== undefined) Object.defineProperty(this, name, { value: options[name] });
    }
  }
}

/** A part of the token that is not what a JWT is (RFC 7519, section 7.2). No cause: a parser's message quotes what it read. */
export function malformed(how?: string): OidcVerifyError {
  return new OidcVerifyError("token_malformed", how === undefined ? "Malformed JWT" : `Malformed JWT: ${how}`);
}

/** The issuer's keys cannot be had: our outage, not the caller's fault. */
export function keysUnavailable(cause: unknown): OidcVerifyError {
  return new OidcVerifyError("keys_unavailable", "Signing keys unavailable", { cause });
}

/** No key to verify with, and the issuer says that it has none. */
export function keyNotFound(): OidcVerifyError {
  return new OidcVerifyError("key_not_found", "No matching key in JWKS");
}

/** A claim that is missing, of the wrong type or of a wrong value. */
export function claimInvalid(claim: string): OidcVerifyError {
  const text = claim === "iss" ? "Invalid issuer" : `Invalid claim: ${quote(claim)}`;
  return new OidcVerifyError("claim_invalid", text, { claim });
}

/** Text of the caller's as it may stand in a message: printable, at most 200 characters. */
export function quote(text: string): string {
  const printable = text.slice(0, 1000).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "");
  return [...printable].slice(0, 200).join("");
}

/** A claim as JSON, to be shown; "" if it has none. */
export function jsonOf(claim: unknown): string {
  try {
    return JSON.stringify(claim) ?? "";
  } catch {
    return "too deep to show"; // nested so far that the stack has no room
  }
}
