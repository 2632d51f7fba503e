/**
 * What is wrong, as a stable word. `keys_unavailable` is an outage on our side (answer 503), `untrusted` a genuine token that
 * no rule admits (403); the rest say that the token is not acceptable (401).
 */
export type OidcVerifyErrorCode =
  | "token_malformed"
  | "algorithm_not_allowed"
  | "key_not_found"
  | "signature_invalid"
  | "token_expired"
  | "token_too_old"
  | "token_not_yet_valid"
  | "claim_invalid"
  | "untrusted"
  | "keys_unavailable";

/** Details of an {@link OidcVerifyError}. */
export interface OidcVerifyErrorOptions {
  /** The claim that decided, if it was one claim. */
  claim?: string;
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
  /** The claim that decided, if it was one claim. */
  readonly claim?: string;

  constructor(code: OidcVerifyErrorCode, message: string, options: OidcVerifyErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.claim !== undefined) this.claim = options.claim;
  }
}

/** A part of the token that is not what a JWT is (RFC 7519, section 7.2). No cause: a parser's message quotes what it read. */
export function malformed(): OidcVerifyError {
  return new OidcVerifyError("token_malformed", "Malformed JWT");
}

/** The issuer's keys cannot be had: our outage, not the caller's fault. */
export function keysUnavailable(cause: unknown): OidcVerifyError {
  return new OidcVerifyError("keys_unavailable", "Signing keys unavailable", { cause });
}

/** No key to verify with, and the issuer says that it has none. */
export function keyNotFound(): OidcVerifyError {
  return new OidcVerifyError("key_not_found", "No matching key in JWKS");
}

const CLAIM_TEXTS: Readonly<Record<string, string>> = { iss: "Invalid issuer", aud: "Invalid audience" };

/** A claim that is missing, of the wrong type or of a wrong value. */
export function claimInvalid(claim: string): OidcVerifyError {
  return new OidcVerifyError("claim_invalid", CLAIM_TEXTS[claim] ?? `Invalid claim: ${quote(claim)}`, { claim });
}

/** Text of the caller's as it may stand in a message: printable, at most 200 characters. */
export function quote(text: string): string {
  const printable = text.slice(0, 1000).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "");
  return [...printable].slice(0, 200).join("");
}
