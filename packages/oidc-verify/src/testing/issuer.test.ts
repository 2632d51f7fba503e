import { base64url } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { createIssuer, createManualClock, createSigningKey, type IssuerOptions, type TestIssuer } from "../testing.ts";
import { createVerifier, type Verifier } from "../verifier.ts";

const clock = createManualClock();
const URLS = {
  keys: "https://token.actions.githubusercontent.com/.well-known/jwks",
  discovery: "https://token.actions.githubusercontent.com/.well-known/openid-configuration",
};
let issuer: TestIssuer;
let verifier: Verifier;
beforeEach(async () => {
  issuer = await createIssuer({ clock, audience: "my-service", alg: "ES256" });
  verifier = createVerifier({ audience: "my-service", trust: "any", clock, fetch: issuer.fetch });
});

const readPart = (part: string) => new TextDecoder().decode(base64url.decode(part));

describe("a verifier believes it", () => {
  it.each(["RS256", "RS384", "RS512", "ES256", "ES384"] as const)("with %s", async (alg) => {
    const other = await createIssuer({ clock, audience: "my-service", alg });
    const { verify } = createVerifier({ audience: "my-service", trust: "any", clock, fetch: other.fetch });
    expect((await verify(await other.mint())).claims.repository).toBe("octo-org/octo-repo");
    await other.rotate();
    expect(other.key.alg).toBe(alg);
  });

  it.each([
    "https://token.actions.githubusercontent.com/octo",
    "https://ghes.test/_services/token",
    "http://127.0.0.1:8787",
    "https://ghes.test/",
  ])("as %s", async (name) => {
    const other = await createIssuer({ issuer: name, clock, audience: "my-service", alg: "ES256" });
    const options = { audience: "my-service", trust: "any", clock, fetch: other.fetch } as const;
    const { claims } = await createVerifier({ issuer: name, ...options }).verify(await other.mint());
    expect(claims.iss).toBe(other.issuer);
  });

  it("through a rotation, and no more once the old key is dropped", async () => {
    const old = await issuer.mint();
    await verifier.verify(old);
    await issuer.rotate();
    clock.advance(30_000);
    await verifier.verify(await issuer.mint());
    await verifier.verify(await issuer.mint({}, { kid: issuer.key.kid }));
    await issuer.rotate({ drop: true });
    expect(issuer.keys).toEqual([issuer.key.publicJwk]);
    clock.advance(30_000);
    await verifier.verify(await issuer.mint());
    await expect(verifier.verify(old)).rejects.toMatchObject({ code: "key_not_found" });
  });

  it("where another one signs with the same key, as JSON", async () => {
    const { kid, alg, privateJwk } = issuer.key;
    const key = JSON.parse(JSON.stringify({ kid, alg, privateJwk }));
    const twin = await createIssuer({ clock, audience: "my-service", key });
    await verifier.verify(await twin.mint());
    const stranger = await createIssuer({ clock, audience: "my-service", alg: "ES256" });
    const forged = await stranger.mint({}, { kid: issuer.key.kid });
    await expect(verifier.verify(forged)).rejects.toMatchObject({ code: "signature_invalid" });
  });

  it("never where it signs a text with another's key", async () => {
    const [header = "", payload = ""] = (await issuer.mint()).split(".").map(readPart);
    const forged = await issuer.signRaw(header, payload, await createSigningKey("ES256"));
    await expect(verifier.verify(forged)).rejects.toMatchObject({ code: "signature_invalid" });
  });
});

describe("fetch", () => {
  it("answers for both documents, publishes no private member, and counts", async () => {
    const discovery = await (await issuer.fetch(new URL(URLS.discovery))).json();
    expect(discovery).toMatchObject({ issuer: issuer.issuer, jwks_uri: URLS.keys });
    const answer = await issuer.fetch(new Request(`${URLS.keys}?x=1`));
    expect(answer.headers.get("content-type")).toContain("application/json");
    const { keys } = (await answer.json()) as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([["alg", "crv", "kid", "kty", "use", "x", "y"]]);
    expect(issuer.requests).toEqual([URLS.discovery, `${URLS.keys}?x=1`]);
  });

  it.each([
    [URLS.keys, "POST", 405],
    [URLS.keys, "HEAD", 405],
    [URLS.discovery, "PUT", 405],
    ["https://token.actions.githubusercontent.com/", "GET", 404],
    ["https://token.actions.githubusercontent.com/octo/.well-known/jwks", "GET", 404],
    [`${URLS.keys}/`, "GET", 404],
  ])("%s by %s: %i", async (url, method, status) => {
    expect((await issuer.fetch(url, { method })).status).toBe(status);
  });

  it.each([
    "https://example.test/.well-known/jwks",
    URLS.keys.replace("https:", "http:"),
    `${URLS.keys}`.replace(".com", ".com:8443"),
  ])("goes nowhere: %s is an error that names it", async (url) => {
    await expect(issuer.fetch(url)).rejects.toThrow(
      new TypeError(`${url} is no address of the test issuer ${issuer.issuer}`),
    );
    expect(issuer.requests).toEqual([]);
  });

  it.each<[string, TestIssuer["answer"]]>([
    ["is down", () => Promise.reject(new TypeError("connection refused"))],
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["answers 503", () => new Response(null, { status: 503 })],
    ["answers no JSON", () => new Response("<html>")],
    ["publishes no keys", () => Response.json({ keys: [] })],
  ])("%s as it is told, until it is well again", async (_, answer) => {
    issuer.answer = answer;
    await expect(verifier.verify(await issuer.mint())).rejects.toMatchObject({ code: "keys_unavailable" });
    issuer.answer = null;
    clock.advance(1_000);
    await verifier.verify(await issuer.mint());
  });

  it("is told which request to answer", async () => {
    issuer.answer = ({ url, method }) => new Response(`${method} ${url}`);
    expect(await (await issuer.fetch(URLS.keys)).text()).toBe(`GET ${URLS.keys}`);
  });

  it("that hangs ends with its signal, as a real one, before and while it waits", async () => {
    issuer.answer = () => new Promise(() => {});
    const controller = new AbortController();
    const waiting = issuer.fetch(URLS.keys, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(issuer.fetch(URLS.keys, { signal: controller.signal })).rejects.toThrow("enough");
  });
});

describe("what cannot be meant is a TypeError that names it", () => {
  it.each([
    ["alg", { alg: "RS256" }],
    ["alg", { alg: "ES384" }],
    ["key", { key: { kid: "" } }],
    ["key", { key: { kid: null } }],
    ["key", { key: { alg: "RS256" } }],
    ["key", { key: { alg: "ES384" } }],
    ["key", { key: { privateJwk: null } }],
  ])("%s, beside a key that is one: %j", async (name, { alg, key }: { alg?: string; key?: object }) => {
    const { kid, alg: own, privateJwk } = issuer.key;
    const options = { key: { kid, alg: own, privateJwk, ...key }, ...(alg && { alg }) } as IssuerOptions;
    await expect(createIssuer(options)).rejects.toThrow(TypeError);
    await expect(createIssuer(options)).rejects.toThrow(new RegExp(`^${name}: `));
  });

  it.each<[string, unknown]>([
    ["options", null],
    ["options", true],
    ["options", []],
    ["drop", { drop: "yes" }],
    ["drop", { drop: null }],
    ["dorp", { dorp: true }],
  ])("%s of a rotation: %j", async (name, options) => {
    const before = [...issuer.keys];
    await expect(issuer.rotate(options as never)).rejects.toThrow(TypeError);
    await expect(issuer.rotate(options as never)).rejects.toThrow(new RegExp(`^${name}: `));
    expect(issuer.keys).toEqual(before);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, "5", undefined, null, new Date(0), 5n])(
    "clock: one that tells %s mints nothing",
    async (time) => {
      const other = await createIssuer({ clock: () => time as number, alg: "ES256" });
      await expect(other.mint()).rejects.toThrow(TypeError);
      await expect(other.mint({ iat: 5 })).rejects.toThrow(/^clock: /);
    },
  );

  it.each<[string, unknown[]]>([
    ["headerJson", [undefined, "{}"]],
    ["headerJson", [{}, "{}"]],
    ["payloadJson", ["{}"]],
    ["payloadJson", ["{}", null]],
    ["key", ["{}", "{}", null]],
    ["key", ["{}", "{}", {}]],
    ["key", ["{}", "{}", { kid: "k", alg: "ES256", privateJwk: {} }]],
  ])("%s of what it signs raw: %j", async (name, texts) => {
    await expect(issuer.signRaw(...(texts as [string, string]))).rejects.toThrow(TypeError);
    await expect(issuer.signRaw(...(texts as [string, string]))).rejects.toThrow(new RegExp(`^${name}: `));
  });

  it.each([0, false, 5, "down", {}, new Response()])("answer: %s", async (answer) => {
    issuer.answer = answer as unknown as TestIssuer["answer"];
    await expect(issuer.fetch(URLS.keys)).rejects.toThrow(TypeError);
    await expect(issuer.fetch(URLS.keys)).rejects.toThrow(/^answer: /);
  });

  it.each<[string, unknown]>([
    ["issuer", { issuer: "http://example.test" }],
    ["issuer", { issuer: 5 }],
    ["clock", { clock: 5 }],
    ["issuer", { issuer: null }],
    ["clock", { clock: null }],
    ["audience", { audience: null }],
    ["audience", { audience: "" }],
    ["audience", { audience: [] }],
    ["audience", { audience: ["a", 5] }],
    ["alg", { alg: "HS256" }],
    ["alg", { alg: null }],
    ["key", { key: {} }],
    ["key", { key: { kid: "k", alg: "RS256", privateJwk: { kty: "RSA" } } }],
    ["key", { key: { kid: "k", alg: "none", privateJwk: {} } }],
    ["key", { key: { kid: "k", alg: "RS256" } }],
    ["key", { key: null }],
    ["key", { key: false }],
    ["key", { key: "" }],
    ["isuer", { isuer: "https://example.test" }],
    ["options", null],
    ["options", "https://example.test"],
  ])("%s: %j", async (name, options) => {
    await expect(createIssuer(options as IssuerOptions)).rejects.toThrow(TypeError);
    await expect(createIssuer(options as IssuerOptions)).rejects.toThrow(new RegExp(`^${name}: `));
  });

  it.each([[5], [null], [[]], ["repository"]])("claims or a header: %j", async (claims) => {
    await expect(issuer.mint(claims as never)).rejects.toThrow(TypeError);
    await expect(issuer.mint({}, claims as never)).rejects.toThrow(TypeError);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, "5", undefined])("a time: %s", (ms) => {
    expect(() => clock.advance(ms as number)).toThrow(TypeError);
    expect(() => clock.set(ms as number)).toThrow(TypeError);
    expect(() => createManualClock(ms === undefined ? (null as never) : (ms as number))).toThrow(TypeError);
  });
});

it("has a clock that stands until it is moved", () => {
  const own = createManualClock(5);
  own.advance(10);
  expect(own()).toBe(15);
  own.advance(-1);
  expect(own()).toBe(14);
  own.set(3);
  expect(own()).toBe(3);
});
