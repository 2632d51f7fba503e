import { malformed, OidcVerifyError, quote } from "./errors.ts";
import { readJsonObject } from "./json.ts";

/** Algorithms that a key may declare. Never `none`, never a symmetric one. */
export type Algorithm = "RS256" | "RS384" | "RS512" | "ES256" | "ES384";

const ALGORITHMS: ReadonlySet<string> = new Set<Algorithm>(["RS256", "RS384", "RS512", "ES256", "ES384"]);

/** Longest token read, characters. GitHub's are about 2,000. */
export const MAX_TOKEN_LENGTH = 8192;

/** Three parts of base64url without padding, none empty (RFC 7515, section 7.1). */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** What a token says, before anything of it is verified. */
export interface DecodedToken {
  readonly alg: Algorithm;
  readonly kid: string | undefined;
  readonly payload: Record<string, unknown>;
  /** The ASCII text that is signed. */
  readonly signingInput: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a compact JWS strictly: one spelling per token, one reading per JSON text. Of the header only `alg`, `kid` and `crit`
 * are looked at, so no `jwk`, `jku` or `x5u` can bring a key.
 * @throws OidcVerifyError `token_malformed`, `algorithm_not_allowed`
 */
export function decodeToken(token: unknown): DecodedToken {
  if (typeof token !== "string" || token.length > MAX_TOKEN_LENGTH || !COMPACT.test(token)) throw malformed();
  const first = token.indexOf(".");
  const last = token.lastIndexOf(".");
  const header = readJsonObject(decodeBase64url(token.slice(0, first)));
  const { alg, kid } = header;
  // RFC 7515, section 4.1.11: a critical extension that we do not know must not be ignored; we know none.
  if (typeof alg !== "string" || Object.hasOwn(header, "crit")) throw malformed();
  if (!ALGORITHMS.has(alg)) throw unsupportedAlgorithm(alg);
  if (kid !== undefined && typeof kid !== "string") throw malformed();
  return {
    alg: alg as Algorithm,
    kid,
    payload: readJsonObject(decodeBase64url(token.slice(first + 1, last))),
    signingInput: token.slice(0, last),
    signature: decodeBase64url(token.slice(last + 1)),
  };
}

export function unsupportedAlgorithm(alg: string): OidcVerifyError {
  return new OidcVerifyError("algorithm_not_allowed", `Unsupported algorithm: ${quote(alg)}`);
}

/** Last characters that leave no unused bit set, by length modulo 4: any other would be a second spelling of the same bytes. */
const CANONICAL_END = [/[\w-]$/, /(?!)/, /[AQgw]$/, /[AEIMQUYcgkosw048]$/] as const;

function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!CANONICAL_END[(text.length % 4) as 0 | 1 | 2 | 3].test(text)) throw malformed();
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
