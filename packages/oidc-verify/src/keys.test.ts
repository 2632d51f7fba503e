import { createIssuer, createManualClock, createSigningKey, type ManualClock, type TestIssuer } from "@org/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { createKeyResolver, type KeyResolver, type KeyResolverOptions } from "./keys.ts";

const MINUTE = 60_000;
const ISSUER = "https://issuer.test";
let clock: ManualClock;
let issuer: TestIssuer;
let keys: KeyResolver;

beforeEach(async () => {
  clock = createManualClock();
  issuer = await createIssuer({ clock, alg: "ES256" });
  keys = make();
});

const make = (options: Partial<KeyResolverOptions> = {}) =>
  createKeyResolver({ issuer: issuer.issuer, clock, fetch: issuer.fetch, ...options });
const resolve = (kid = issuer.key.kid) => keys.resolve(kid, "ES256");
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "found",
    (error: { code?: string }) => error.code,
  );
const down = () => new Response("down", { status: 503 });
/** Background work is done once the issuer was asked so often and its answer was read. */
const settled = async (requests: number) => {
  await expect.poll(() => issuer.requests.length).toBe(requests);
  await new Promise((done) => setTimeout(done, 0));
};

describe("where keys come from", () => {
  it("is one known address for github.com", async () => {
    await resolve();
    expect(issuer.requests).toEqual(["https://token.actions.githubusercontent.com/.well-known/jwks"]);
  });

  it("is one known address for an enterprise on github.com", async () => {
    const octo = await createIssuer({ issuer: `${issuer.issuer}/octo`, alg: "ES256" });
    await make({ issuer: octo.issuer, fetch: octo.fetch }).resolve(octo.key.kid, "ES256");
    expect(octo.requests).toEqual(["https://token.actions.githubusercontent.com/octo/.well-known/jwks"]);
  });

  it("is discovery for any other, a trailing slash ignored", async () => {
    const other = await createIssuer({ issuer: ISSUER, alg: "ES256" });
    await make({ issuer: `${ISSUER}/`, fetch: other.fetch }).resolve(other.key.kid, "ES256");
    expect(other.requests).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/.well-known/jwks`]);
  });

  it.each([
    ["another issuer", { issuer: "https://evil.test", jwks_uri: `${ISSUER}/.well-known/jwks` }],
    ["an issuer with a slash", { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}/.well-known/jwks` }],
    ["plain http", { issuer: ISSUER, jwks_uri: "http://issuer.test/.well-known/jwks" }],
    ["another scheme", { issuer: ISSUER, jwks_uri: "data:application/json,{}" }],
    ["no address", { issuer: ISSUER }],
    ["a list", []],
  ])("refuses discovery with %s", async (_, document) => {
    const other = await createIssuer({ issuer: ISSUER, alg: "ES256" });
    other.answer = ({ url }) => Response.json(url.endsWith("/jwks") ? { keys: other.keys } : document);
    const resolver = make({ issuer: ISSUER, fetch: other.fetch });
    expect(await codeOf(resolver.resolve(other.key.kid, "ES256"))).toBe("keys_unavailable");
    expect(other.requests).toHaveLength(1);
  });

  it.each([
    "ftp://issuer.test",
    "http://issuer.test",
    "https://u:p@issuer.test",
    "https://issuer.test/#x",
    "issuer",
    "",
  ])("cannot be the issuer %j", (name) => {
    expect(() => make({ issuer: name })).toThrow(TypeError);
  });

  it.each(["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])("may be the loopback issuer %s", (name) => {
    expect(make({ issuer: name }).issuer).toBe(name);
  });
});

describe("an issuer that is ill", () => {
  it.each([
    ["redirects", () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } })],
    ["answers with an error", down],
    ["sends no JSON", () => new Response("<html>")],
    ["sends no key set", () => Response.json({ keys: {} })],
    ["sends broken UTF-8", () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
    ["sends more than 100 KiB", () => Response.json({ keys: issuer.keys, x: "x".repeat(100 * 1024) })],
    ["sends nothing", () => new Response(null)],
    ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
  ])("and %s makes keys unavailable", async (_, answer) => {
    issuer.answer = answer;
    await expect(resolve()).rejects.toMatchObject({
      code: "keys_unavailable",
      message: "Signing keys unavailable",
      cause: expect.any(Error),
    });
    expect(issuer.requests).toHaveLength(1);
  });

  it("and never answers is given up, whether or not fetch heeds the signal", async () => {
    keys = make({ timeoutMs: 5, fetch: () => new Promise(() => {}) });
    expect(await codeOf(resolve())).toBe("keys_unavailable");
  });

  it("is asked again after a second when there is no key at hand", async () => {
    issuer.answer = down;
    expect(await codeOf(resolve())).toBe("keys_unavailable");
    issuer.answer = null;
    expect(await codeOf(resolve())).toBe("keys_unavailable");
    expect(issuer.requests).toHaveLength(1);
    clock.advance(1000);
    expect(await codeOf(resolve())).toBe("found");
  });

  it("leaves known keys in use for 24 hours, asked every 30 s", async () => {
    await resolve();
    issuer.answer = down;
    clock.advance(11 * MINUTE);
    expect(await codeOf(resolve())).toBe("found");
    await settled(2);
    clock.advance(29_999);
    expect(keys.peek(issuer.key.kid, "ES256")).toBeDefined();
    expect(issuer.requests).toHaveLength(2);
    clock.advance(1);
    expect(await codeOf(resolve())).toBe("found");
    await settled(3);
    clock.advance(24 * 60 * MINUTE - 11 * MINUTE - 30_000);
    expect(await codeOf(resolve())).toBe("found");
    await settled(4);
    clock.advance(1);
    expect(keys.peek(issuer.key.kid, "ES256")).toBeUndefined();
    clock.advance(1000);
    expect(await codeOf(resolve())).toBe("keys_unavailable");
    issuer.answer = null;
    clock.advance(1000);
    expect(await codeOf(resolve())).toBe("found");
  });

  it("is not blamed on the caller: an unknown key is unavailable, not unknown", async () => {
    await resolve();
    issuer.answer = down;
    expect(await codeOf(resolve("new"))).toBe("keys_unavailable");
    expect(await codeOf(resolve("new"))).toBe("keys_unavailable");
    expect(issuer.requests).toHaveLength(2);
    expect(await codeOf(resolve())).toBe("found");
  });
});

describe("how often an issuer is asked", () => {
  it("is once in ten minutes, then in the background", async () => {
    const background: Promise<unknown>[] = [];
    keys = make({ waitUntil: (work) => background.push(work) });
    const first = await resolve();
    clock.advance(10 * MINUTE);
    expect(keys.peek(issuer.key.kid, "ES256")).toBe(first);
    expect(issuer.requests).toHaveLength(1);
    clock.advance(1);
    expect(keys.peek(issuer.key.kid, "ES256")).toBe(first);
    expect(await Promise.all([resolve(), resolve(), resolve()])).toEqual([first, first, first]);
    await Promise.all(background);
    expect(issuer.requests).toHaveLength(2);
    expect(keys.peek(issuer.key.kid, "ES256")).toBe(first);
  });

  it("is once for ten first callers at once", async () => {
    await Promise.all(Array.from({ length: 10 }, () => resolve()));
    expect(issuer.requests).toHaveLength(1);
  });

  it("is once for a flood of unknown keys, at first and every 30 s", async () => {
    const flood = () => Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(resolve(`forged-${i}`))));
    expect(new Set(await flood())).toEqual(new Set(["key_not_found"]));
    expect(await codeOf(resolve("forged"))).toBe("key_not_found");
    expect(issuer.requests).toHaveLength(1);
    expect(await codeOf(resolve())).toBe("found");
    clock.advance(30_000);
    await flood();
    expect(await codeOf(resolve("forged"))).toBe("key_not_found");
    expect(issuer.requests).toHaveLength(2);
  });

  it("is at once when a key is new", async () => {
    await resolve();
    await issuer.rotate();
    expect(await codeOf(resolve())).toBe("found");
    expect(issuer.requests).toHaveLength(2);
  });

  it("is in the foreground when a refresh in the background has died", async () => {
    await resolve();
    clock.advance(11 * MINUTE);
    let asked = 0;
    issuer.answer = () => {
      asked++;
      return asked === 1 ? new Promise<Response>(() => {}) : Response.json({ keys: issuer.keys });
    };
    expect(keys.peek(issuer.key.kid, "ES256")).toBeDefined();
    clock.advance(5001);
    expect(keys.peek(issuer.key.kid, "ES256")).toBeUndefined();
  });

  it.each(["timeoutMs", "freshForMs", "staleForMs", "retryAfterMs"])("cannot be set by %s: 0 or NaN", (name) => {
    expect(() => make({ [name]: 0 })).toThrow(TypeError);
    expect(() => make({ [name]: Number.NaN })).toThrow(TypeError);
  });
});

describe("which keys are taken", () => {
  const rsa = createSigningKey("RS256");

  it.each([
    ["no object", () => "key"],
    ["no kid", (jwk: JsonWebKey) => ({ ...jwk, kid: undefined })],
    ["for encryption", (jwk: JsonWebKey) => ({ ...jwk, use: "enc" })],
    ["to sign, not to verify", (jwk: JsonWebKey) => ({ ...jwk, key_ops: ["sign"] })],
    ["of another algorithm", (jwk: JsonWebKey) => ({ ...jwk, alg: "PS256" })],
    ["of a type unlike its algorithm", (jwk: JsonWebKey) => ({ ...jwk, alg: "ES256" })],
    ["symmetric", () => ({ kty: "oct", k: "AAAA", kid: "this", alg: "HS256" })],
    ["private", (jwk: JsonWebKey) => ({ ...jwk, d: "AAAA" })],
    ["without modulus", (jwk: JsonWebKey) => ({ ...jwk, n: undefined })],
    ["with a broken modulus", (jwk: JsonWebKey) => ({ ...jwk, n: "*" })],
  ])("none that is %s, and it spoils no other", async (_, spoil) => {
    const spoiled = spoil({ ...(await rsa).publicJwk, kid: "this" } as JsonWebKey) as never;
    issuer.keys.unshift(spoiled);
    expect(await codeOf(resolve())).toBe("found");
    expect(await codeOf(keys.resolve("this", "RS256"))).toBe("key_not_found");
  });

  it("none of RSA below 2048 bits", async () => {
    const short = await createSigningKey("RS256", 1024);
    issuer.keys.push(short.publicJwk);
    expect(await codeOf(keys.resolve(short.kid, "RS256"))).toBe("key_not_found");
  });

  it("RSA without alg for RS256 alone, EC without alg by its curve", async () => {
    issuer.keys.push({ ...(await rsa).publicJwk, alg: undefined, kid: "rsa" } as never);
    issuer.keys.push({ ...issuer.key.publicJwk, alg: undefined, kid: "ec" } as never);
    expect(await codeOf(keys.resolve("rsa", "RS256"))).toBe("found");
    expect(await codeOf(keys.resolve("rsa", "RS512"))).toBe("algorithm_not_allowed");
    expect(await codeOf(keys.resolve("ec", "ES256"))).toBe("found");
    expect(await codeOf(keys.resolve("ec", "ES384"))).toBe("algorithm_not_allowed");
  });

  it("the one whose algorithm fits, of two with one name", async () => {
    issuer.keys.push({ ...(await rsa).publicJwk, kid: issuer.key.kid });
    expect((await keys.resolve(issuer.key.kid, "RS256")).algorithm.name).toBe("RSASSA-PKCS1-v1_5");
    expect((await keys.resolve(issuer.key.kid, "ES256")).algorithm.name).toBe("ECDSA");
  });

  it("a new one that has taken an old one's name", async () => {
    const old = await resolve();
    const next = await createSigningKey("ES256");
    issuer.keys[0] = { ...next.publicJwk, kid: issuer.key.kid };
    clock.advance(11 * MINUTE);
    await resolve();
    await settled(2);
    await expect.poll(() => keys.peek(issuer.key.kid, "ES256") !== old).toBe(true);
  });
});
