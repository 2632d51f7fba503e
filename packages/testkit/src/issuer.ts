import { base64url } from "jose";
import { githubClaims } from "./claims.ts";

export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

export interface SigningKey {
  kid: string;
  alg: SigningAlgorithm;
  privateKey: CryptoKey;
  /** As published: the public half with `kid`, `alg` and `use`. */
  publicJwk: JsonWebKey & { kid: string };
  privateJwk: JsonWebKey;
}

export type SigningAlgorithm = "RS256" | "RS384" | "RS512" | "ES256" | "ES384";

export interface IssuerOptions {
  /** Default: GitHub's. */
  issuer?: string;
  /** Epoch milliseconds. Default: `Date.now`. */
  clock?: () => number;
  /** Default audience of the tokens it mints. */
  audience?: string;
  alg?: SigningAlgorithm;
  /** RSA modulus, bits. Default 2048. */
  modulusLength?: number;
  /** Sign with this key, exported from another test issuer, instead of a new one. */
  key?: SigningKeyData;
}

/** What another process needs to sign as this issuer. Plain JSON. */
export interface SigningKeyData {
  kid: string;
  alg: SigningAlgorithm;
  privateJwk: JsonWebKey;
}

export interface TestIssuer {
  readonly issuer: string;
  /** The published keys. Change the list to publish others. */
  readonly keys: (JsonWebKey & { kid?: string })[];
  /** The key that signs now. */
  readonly key: SigningKey;
  /** Mint a token as GitHub does; a claim given as `undefined` is left out. */
  mint(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Sign exactly this text, however broken it is. */
  signRaw(headerJson: string, payloadJson: string, key?: SigningKey): Promise<string>;
  /** Sign with a new key from now on. The old one stays published unless `drop` is set. */
  rotate(options?: { drop?: boolean }): Promise<SigningKey>;
  /** Answers discovery and key-set requests as the issuer does, and records their URLs. */
  readonly fetch: typeof fetch;
  readonly requests: string[];
  /** Set to make the issuer ill: called instead of the honest answer. */
  answer: ((request: Request) => Response | Promise<Response>) | null;
}

/** An OIDC issuer that signs for real, with keys made on the spot. */
export async function createIssuer(options: IssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = GITHUB_ISSUER, clock = Date.now, audience = "goose-oidc-proxy", alg = "RS256" } = options;
  const firstKey = await (options.key ? importSigningKey(options.key) : createSigningKey(alg, options.modulusLength));
  const state = { key: firstKey };
  const keys: TestIssuer["keys"] = [firstKey.publicJwk];
  const requests: string[] = [];

  const self: TestIssuer = {
    issuer,
    keys,
    get key() {
      return state.key;
    },
    mint(claims = {}, header = {}) {
      const iat = typeof claims.iat === "number" ? claims.iat : Math.floor(clock() / 1000);
      const named: { repository?: string; ref?: string } = {};
      if (typeof claims.repository === "string") named.repository = claims.repository;
      if (typeof claims.ref === "string") named.ref = claims.ref;
      const payload = { ...githubClaims({ issuer, audience, iat, ...named }), ...claims };
      const { kid, alg } = state.key;
      return self.signRaw(JSON.stringify({ alg, kid, typ: "JWT", ...header }), JSON.stringify(payload));
    },
    async signRaw(headerJson, payloadJson, key = state.key) {
      const input = `${base64url.encode(headerJson)}.${base64url.encode(payloadJson)}`;
      const signature = await crypto.subtle.sign(
        algorithm(key.alg),
        key.privateKey,
        new TextEncoder().encode(input) as Uint8Array<ArrayBuffer>,
      );
      return `${input}.${base64url.encode(new Uint8Array(signature))}`;
    },
    async rotate({ drop = false } = {}) {
      state.key = await createSigningKey(state.key.alg);
      if (drop) keys.length = 0;
      keys.push(state.key.publicJwk);
      return state.key;
    },
    requests,
    answer: null,
    async fetch(input, init) {
      const request = new Request(input, init);
      requests.push(request.url);
      if (self.answer) return self.answer(request);
      const { pathname } = new URL(request.url);
      if (pathname.endsWith("/.well-known/openid-configuration")) return Response.json(discoveryDocument(issuer));
      if (pathname.endsWith("/.well-known/jwks")) return Response.json({ keys });
      return new Response("not found", { status: 404 });
    },
  };
  return self;
}

export function discoveryDocument(issuer: string): Record<string, unknown> {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
  };
}

export async function createSigningKey(alg: SigningAlgorithm = "RS256", modulusLength = 2048): Promise<SigningKey> {
  const pair = (await crypto.subtle.generateKey(
    alg.startsWith("RS")
      ? { ...rsa(alg), modulusLength, publicExponent: new Uint8Array([1, 0, 1]) }
      : { name: "ECDSA", namedCurve: curve(alg) },
    true,
    ["sign", "verify"],
  )) as CryptoKeyPair;
  return describeKey(crypto.randomUUID(), alg, pair.privateKey);
}

export async function importSigningKey({ kid, alg, privateJwk }: SigningKeyData): Promise<SigningKey> {
  const params = alg.startsWith("RS") ? rsa(alg) : { name: "ECDSA", namedCurve: curve(alg) };
  return describeKey(kid, alg, await crypto.subtle.importKey("jwk", privateJwk, params, true, ["sign"]));
}

async function describeKey(kid: string, alg: SigningAlgorithm, privateKey: CryptoKey): Promise<SigningKey> {
  const privateJwk = (await crypto.subtle.exportKey("jwk", privateKey)) as JsonWebKey;
  const { kty, n, e, crv, x, y } = privateJwk;
  const half = kty === "RSA" ? { kty, n, e } : { kty, crv, x, y };
  return { kid, alg, privateKey, privateJwk, publicJwk: { ...half, kid, alg, use: "sig" } as SigningKey["publicJwk"] };
}

const hash = (alg: SigningAlgorithm) => `SHA-${alg.slice(2)}`;
const curve = (alg: SigningAlgorithm) => `P-${alg.slice(2)}`;
const rsa = (alg: SigningAlgorithm) => ({ name: "RSASSA-PKCS1-v1_5", hash: hash(alg) });
const algorithm = (alg: SigningAlgorithm) => (alg.startsWith("RS") ? rsa(alg) : { name: "ECDSA", hash: hash(alg) });
