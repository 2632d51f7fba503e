import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { ALGORITHMS, type Algorithm } from "../algorithm.ts";
import { isObject } from "../json.ts";

/** Members of a JSON Web Key (RFC 7517, section 4). */
export interface JsonWebKeyMembers {
  readonly [member: string]: unknown;
}

/** What another process needs to sign as the same issuer. Plain JSON. */
export interface SigningKeyData {
  /** The name under which it is published. */
  readonly kid: string;
  /** The one algorithm that it signs with. */
  readonly alg: Algorithm;
  /** The private key, as a JSON Web Key. */
  readonly privateJwk: JsonWebKeyMembers;
}

/** A key that signs tokens. */
export interface SigningKey extends SigningKeyData {
  /** The private key, ready to sign. */
  readonly privateKey: CryptoKey;
  /** As an issuer publishes it: the public half with `kid`, `alg` and `use`. */
  readonly publicJwk: JsonWebKeyMembers & { readonly kid: string };
}

/**
 * A new key, RSA with 2,048 bits or on the algorithm's curve; its `kid` is a random UUID.
 * @param alg default RS256, as GitHub's
 * @throws TypeError for an algorithm that a verifier does not take
 */
export async function createSigningKey(alg: Algorithm = "RS256"): Promise<SigningKey> {
  if (!ALGORITHMS.has(alg)) throw new TypeError(`alg: must be one of ${[...ALGORITHMS].join(", ")}`);
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return describeKey(crypto.randomUUID(), alg, privateKey);
}

/** @throws TypeError for what is no such key */
export async function importSigningKey(data: SigningKeyData): Promise<SigningKey> {
  const { kid, alg, privateJwk } = Object(data) as SigningKeyData;
  if (typeof kid !== "string" || kid === "" || !ALGORITHMS.has(alg) || !isObject(privateJwk)) {
    throw new TypeError("key: must be what createSigningKey made, or its kid, alg and privateJwk");
  }
  const key = await importJWK(privateJwk as JWK, alg, { extractable: true }).catch(() => undefined); // its text might quote
  if (key === undefined || key instanceof Uint8Array || key.type !== "private") {
    throw new TypeError(`key: privateJwk is no private key for ${alg}`);
  }
  return describeKey(kid, alg, key);
}

/**
 * The signature of a JWS (RFC 7515, section 5.1).
 * @throws TypeError for what is no such key
 */
export async function signText(key: SigningKey, text: string): Promise<Uint8Array> {
  const { alg, privateKey } = Object(key) as SigningKey;
  if (!ALGORITHMS.has(alg) || privateKey?.type !== "private") {
    throw new TypeError("key: must be what createSigningKey made");
  }
  const bytes = new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
  return new Uint8Array(await crypto.subtle.sign(paramsOf(alg), privateKey, bytes));
}

async function describeKey(kid: string, alg: Algorithm, privateKey: CryptoKey): Promise<SigningKey> {
  const privateJwk = await exportJWK(privateKey);
  const { kty, n, e, crv, x, y } = privateJwk;
  const half = kty === "RSA" ? { kty, n, e } : { kty, crv, x, y };
  return { kid, alg, privateKey, privateJwk: { ...privateJwk }, publicJwk: { ...half, kid, alg, use: "sig" } };
}

/** RFC 7518, sections 3.3 and 3.4. */
function paramsOf(alg: Algorithm): { name: string; hash: string } {
  return { name: alg.startsWith("RS") ? "RSASSA-PKCS1-v1_5" : "ECDSA", hash: `SHA-${alg.slice(2)}` };
}
