import type { DecodedToken } from "./token.ts";

/** Whether this key made the token's signature (RFC 7518, sections 3.3 and 3.4). */
export async function isSignedBy(key: CryptoKey, { alg, signature, signingInput }: DecodedToken): Promise<boolean> {
  const data = new TextEncoder().encode(signingInput);
  const params = alg.startsWith("RS") ? "RSASSA-PKCS1-v1_5" : { name: "ECDSA", hash: `SHA-${alg.slice(2)}` };
  // Some runtimes throw at a signature of the wrong length.
  return crypto.subtle.verify(params, key, signature, data).catch(() => false);
}
