import { ALGORITHMS, type Algorithm } from "./algorithm.ts";
import { decodeBase64url } from "./base64url.ts";
import { keyNotFound, malformed, OidcVerifyError, quote } from "./errors.ts";
import { readJsonObject } from "./json.ts";

/** Longest token read, characters. GitHub's are about 2,000; fifty custom properties make 9,000. */
const MAX_TOKEN_LENGTH = 16_384;

/** What a token says, before anything of it is verified. */
export interface DecodedToken {
  readonly alg: Algorithm;
  readonly kid: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The ASCII text that is signed. */
  readonly signingInput: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a compact JWS strictly: one spelling per part, one reading per JSON text. Of the header only `alg`, `kid` and `crit`
 * are looked at, so no `jwk`, `jku` or `x5u` can bring a key.
 * @throws OidcVerifyError `token_malformed`, `algorithm_not_allowed`
 */
export function decodeToken(token: unknown): DecodedToken {
  if (typeof token !== "string") throw malformed();
  if (token.length > MAX_TOKEN_LENGTH) throw malformed(`longer than ${MAX_TOKEN_LENGTH} characters`);
  const [header = "", payload = "", signature = "", ...more] = token.split(".", 4);
  if (payload === "" || signature === "" || more.length > 0) throw malformed();
  const { alg, kid } = readHeader(header);
  return {
    alg,
    kid,
    payload: readJsonObject(decodePart(payload)),
    signingInput: `${header}.${payload}`,
    signature: decodePart(signature),
  };
}

function readHeader(text: string): Pick<DecodedToken, "alg" | "kid"> {
  const header = readJsonObject(decodePart(text));
  const { alg, kid } = header;
  // RFC 7515, section 4.1.11: a critical extension that we do not know must not be ignored; we know none.
  if (typeof alg !== "string" || Object.hasOwn(header, "crit")) throw malformed();
  if (!ALGORITHMS.has(alg)) throw unsupportedAlgorithm(alg);
  if (kid === undefined) throw keyNotFound(); // GitHub names the key in every token: nothing to guess, nothing to fetch
  if (typeof kid !== "string") throw malformed();
  return { alg: alg as Algorithm, kid };
}

export function unsupportedAlgorithm(alg: string): OidcVerifyError {
  return new OidcVerifyError("algorithm_not_allowed", `Unsupported algorithm: ${quote(alg)}`);
}

function decodePart(text: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64url(text);
  } catch {
    throw malformed();
  }
}
