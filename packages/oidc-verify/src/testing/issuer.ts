import { base64url } from "jose";
import type { Algorithm } from "../algorithm.ts";
import { GITHUB_ISSUER, readIssuer } from "../issuers.ts";
import { isObject } from "../json.ts";
import { readTime } from "./manual-clock.ts";
import { completeClaims, type MintClaims } from "./mint-claims.ts";
import { createSigningKey, importSigningKey, type SigningKey, type SigningKeyData, signText } from "./signing-key.ts";

/** Options of {@link createIssuer}. */
export interface IssuerOptions {
  /** Its name, an https URL (http on a loopback host). One trailing slash is dropped. Default: github.com's issuer. */
  readonly issuer?: string;
  /** Epoch milliseconds, for the times in the tokens. Default: `Date.now`. */
  readonly clock?: () => number;
  /** `aud` of the tokens where `mint` is given none. Default: GitHub's, `https://github.com/<owner of the repository>`. */
  readonly audience?: string | readonly string[];
  /** Of the keys that it makes. Default: that of `key`, from which it must not differ, else RS256, as GitHub's. */
  readonly alg?: Algorithm;
  /** Sign with this key of another test issuer, which may be in another process. Default: a new one. */
  readonly key?: SigningKeyData;
}

/** Answers a request to the issuer in its stead; what it throws is how the request fails. */
export type IssuerAnswer = (request: Request) => Response | Promise<Response>;

/** An issuer of tokens for tests. */
export interface TestIssuer {
  /** Its name, the `iss` of its tokens. */
  readonly issuer: string;
  /** The published keys, in order. Change the list to publish others. */
  readonly keys: Record<string, unknown>[];
  /** The key that signs now. */
  readonly key: SigningKey;
  /**
   * A token as GitHub mints it for a run of `octo-org/octo-repo`, valid for 300 seconds. Claims that are not given follow from those that are: the owner and
   * the ids from `repository`, the subject from `environment`, `event_name` or `ref`. A claim given as `undefined` is left out.
   * @param claims any claims, wrong ones too
   * @param header members of the token's header, instead of `alg`, `kid` and `typ` or beside them
   * @throws TypeError for claims or a header that are no object, or a clock that tells no number
   */
  mint(claims?: MintClaims, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /**
   * Signs exactly these texts, however broken they are: with the key that signs now, or with another.
   * @throws TypeError naming what is no text, or no key
   */
  signRaw(headerJson: string, payloadJson: string, key?: SigningKey): Promise<string>;
  /**
   * Signs with a new key from now on, and publishes it. The old ones stay published unless `drop` is set. Resolves to the new.
   * @throws TypeError naming the option
   */
  rotate(options?: { readonly drop?: boolean }): Promise<SigningKey>;
  /**
   * What a verifier is given as `fetch`. Answers a GET for the discovery document or the key set as the issuer does, any other
   * method with 405 and any other path with 404. Nothing ever leaves the process.
   * @throws TypeError for an address of another host, or an `answer` that is no function; the signal's reason once it is aborted
   */
  readonly fetch: typeof globalThis.fetch;
  /** Addresses that were asked for, in order. Empty the list to count anew. */
  readonly requests: string[];
  /**
   * Set it, and the issuer answers so: throw for an outage, resolve to a status of 503 or to a wrong body, never settle for an
   * issuer that hangs. `null` makes it honest again.
   */
  answer: IssuerAnswer | null;
}

const OPTIONS = ["issuer", "clock", "audience", "alg", "key"] as const satisfies (keyof IssuerOptions)[];

/**
 * An OIDC issuer of GitHub's kind that signs for real, with keys made on the spot. For tests: who has it can sign anything.
 * @throws TypeError naming the option
 */
export async function createIssuer(options: IssuerOptions = {}): Promise<TestIssuer> {
  const { issuer, clock, audience, alg } = readOptions(options);
  let key = await (options.key === undefined ? createSigningKey(alg) : importSigningKey(options.key));
  if (alg !== undefined && alg !== key.alg) throw new TypeError(`alg: must be the key's, ${key.alg}, or left out`);
  const keys: TestIssuer["keys"] = [key.publicJwk];
  const requests: string[] = [];
  const self: TestIssuer = {
    issuer,
    keys,
    requests,
    answer: null,
    get key() {
      return key;
    },
    async mint(claims = {}, header = {}) {
      if (!isObject(claims) || !isObject(header)) throw new TypeError("mint: claims and header must be objects");
      const payload = completeClaims(claims, { issuer, audience, now: Math.floor(readTime("clock", clock()) / 1000) });
      const { alg, kid } = key;
      return self.signRaw(JSON.stringify({ alg, kid, typ: "JWT", ...header }), JSON.stringify(payload));
    },
    async signRaw(headerJson, payloadJson, signingKey = key) {
      assertTexts({ headerJson, payloadJson });
      const input = `${base64url.encode(headerJson)}.${base64url.encode(payloadJson)}`;
      return `${input}.${base64url.encode(await signText(signingKey, input))}`;
    },
    async rotate(options = {}) {
      const drop = readDrop(options);
      key = await createSigningKey(key.alg);
      if (drop) keys.length = 0;
      keys.push(key.publicJwk);
      return key;
    },
    async fetch(input, init) {
      const request = new Request(input, init);
      if (new URL(request.url).origin !== new URL(issuer).origin) {
        throw new TypeError(`${request.url} is no address of the test issuer ${issuer}`);
      }
      requests.push(request.url);
      const honest = () => answerHonestly(request, documents(issuer, key.alg, keys));
      return untilAborted(request, readAnswer(self.answer) ?? honest);
    },
  };
  return self;
}

function assertNoOthers(options: object, known: readonly string[]): void {
  if (!isObject(options)) throw new TypeError("options: must be an object");
  const other = Object.keys(options).find((name) => !known.includes(name));
  if (other !== undefined) throw new TypeError(`${other}: no such option here`);
}

function readOptions(options: IssuerOptions) {
  assertNoOthers(options, OPTIONS);
  const { issuer = GITHUB_ISSUER, clock = Date.now, audience, alg } = options;
  if (typeof clock !== "function") throw new TypeError("clock: must be a function");
  const audiences: unknown[] = Array.isArray(audience) ? audience : [audience === undefined ? "GitHub's" : audience];
  if (audiences.length === 0 || !audiences.every((each) => typeof each === "string" && each !== "")) {
    throw new TypeError("audience: must be a string or a list of strings, none empty");
  }
  return { issuer: readIssuer(issuer), clock, audience, alg };
}

function readDrop(options: { readonly drop?: boolean }): boolean {
  assertNoOthers(options, ["drop"]);
  const { drop = false } = options;
  if (typeof drop !== "boolean") throw new TypeError("drop: must be a boolean");
  return drop;
}

function assertTexts(texts: Readonly<Record<string, unknown>>): void {
  const other = Object.keys(texts).find((name) => typeof texts[name] !== "string");
  if (other !== undefined) throw new TypeError(`${other}: must be a string`);
}

function readAnswer(answer: IssuerAnswer | null): IssuerAnswer | null {
  if (answer === null || typeof answer === "function") return answer;
  throw new TypeError("answer: must be a function, or null");
}

function answerHonestly(request: Request, documents: ReadonlyMap<string, object>): Response {
  const { origin, pathname } = new URL(request.url);
  const document = documents.get(`${origin}${pathname}`);
  if (!document) return new Response("not found\n", { status: 404 });
  if (request.method !== "GET") return new Response("GET only\n", { status: 405, headers: { allow: "GET" } });
  return Response.json(document);
}

/** What an issuer publishes, and where. Source: OpenID Connect Discovery 1.0, sections 3 and 4. */
function documents(issuer: string, alg: Algorithm, keys: TestIssuer["keys"]): Map<string, object> {
  const jwks_uri = new URL(`${issuer}/.well-known/jwks`).href;
  const discovery = {
    issuer,
    jwks_uri,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    id_token_signing_alg_values_supported: [alg],
    scopes_supported: ["openid"],
  };
  return new Map<string, object>([
    [new URL(`${issuer}/.well-known/openid-configuration`).href, discovery],
    [jwks_uri, { keys }],
  ]);
}

/** As a real `fetch`: whoever stops waiting is told so, though the answer never comes. */
function untilAborted(request: Request, answer: IssuerAnswer): Promise<Response> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    Promise.resolve(request).then(answer).then(resolve, reject);
  });
}
