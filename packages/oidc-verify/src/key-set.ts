import { importJWK, type JWK } from "jose";
import type { Algorithm } from "./algorithm.ts";
import { isObject } from "./json.ts";

/** A signing key of an issuer, imported. */
export interface SigningKey {
  readonly alg: Algorithm;
  readonly key: CryptoKey;
  /** Tells whether two keys are the same. */
  readonly material: string;
}

/** Signing keys by `kid`, in the order published: of two with one algorithm the first is used. */
export type KeySet = ReadonlyMap<string, readonly SigningKey[]>;

/** RFC 7518, section 3.3. */
const MIN_MODULUS_BITS = 2048;

/** RFC 7518, sections 6.2.2, 6.3.2 and 6.4. A key whose private half is public proves nothing. */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/**
 * Takes the signing keys out of a key set (RFC 7517) and imports them; members that are not such are left out. A key that
 * `previous` has too stays the same object, so that what was verified with it can tell.
 * @throws TypeError if no key is left: no issuer withdraws all its keys, so the answer is broken
 */
export async function readKeySet(document: unknown, previous?: KeySet): Promise<KeySet> {
  if (!isObject(document) || !Array.isArray(document.keys)) throw new TypeError("not a key set");
  const keys = new Map<string, SigningKey[]>();
  for (const jwk of document.keys as unknown[]) {
    const described = describe(jwk);
    if (!described) continue;
    const { kid, alg, material, publicJwk } = described;
    const known = previous?.get(kid)?.find((candidate) => candidate.material === material);
    const imported = known ?? (await importKey(publicJwk, alg, material));
    if (imported) keys.set(kid, [...(keys.get(kid) ?? []), imported]);
  }
  if (keys.size === 0) throw new TypeError("no usable key in the key set");
  return keys;
}

function describe(jwk: unknown): { kid: string; alg: Algorithm; material: string; publicJwk: JWK } | undefined {
  if (!isObject(jwk)) return undefined;
  const { kid, kty, use, key_ops } = jwk;
  const alg = declaredAlgorithm(jwk);
  const signs = (use === undefined || use === "sig") && (key_ops === undefined || isForVerifying(key_ops));
  if (typeof kid !== "string" || !signs || !alg || PRIVATE_MEMBERS.some((name) => name in jwk)) return undefined;
  const members = kty === "RSA" ? ["kty", "n", "e"] : ["kty", "crv", "x", "y"];
  if (!members.every((name) => typeof jwk[name] === "string")) return undefined;
  const publicJwk = Object.fromEntries(members.map((name) => [name, jwk[name]])) as JWK;
  return { kid, alg, material: JSON.stringify([alg, publicJwk]), publicJwk };
}

/**
 * The algorithm of a key: its `alg`; without one, RS256 for RSA (OpenID Connect Core, section 2) and the curve's for EC. An `alg`
 * that is there and no text, null included, is not "without one".
 */
function declaredAlgorithm({ kty, alg, crv }: Record<string, unknown>): Algorithm | undefined {
  if (kty === "RSA")
    return (["RS256", "RS384", "RS512"] as const).find((name) => name === (alg === undefined ? "RS256" : alg));
  const byCurve = crv === "P-256" ? "ES256" : crv === "P-384" ? "ES384" : undefined;
  return kty === "EC" && (alg === undefined || alg === byCurve) ? byCurve : undefined;
}

async function importKey(jwk: JWK, alg: Algorithm, material: string): Promise<SigningKey | undefined> {
  try {
    const key = (await importJWK(jwk, alg)) as CryptoKey;
    return isStrong(key.algorithm as Partial<RsaParameters>) ? { alg, key, material } : undefined;
  } catch {
    return undefined; // one broken member does not spoil the others
  }
}

interface RsaParameters {
  readonly modulusLength: number;
  readonly publicExponent: Uint8Array;
}

/** RSA from 2048 bits with an odd exponent from 3 (RFC 8017, section 3.1); EC by its curve. */
function isStrong({ modulusLength, publicExponent }: Partial<RsaParameters>): boolean {
  if (modulusLength === undefined || publicExponent === undefined) return true;
  const exponent = publicExponent.reduce((value, byte) => value * 256 + byte, 0);
  return modulusLength >= MIN_MODULUS_BITS && exponent >= 3 && (publicExponent.at(-1) ?? 0) % 2 === 1;
}

/** A list without repetition, of `verify` and at most `sign` beside it: anything else contradicts it (RFC 7517, section 4.3). */
function isForVerifying(operations: unknown): boolean {
  if (!Array.isArray(operations) || new Set(operations).size !== operations.length) return false;
  return operations.includes("verify") && operations.every((each) => each === "verify" || each === "sign");
}
