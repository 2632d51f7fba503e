import { createIssuer, createManualClock, createSigningKey, type ManualClock, type TestIssuer } from "@org/testkit";
import { base64url } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createKeyResolver,
  createVerifier,
  OidcVerifyError,
  type OidcVerifyErrorCode,
  type Verifier,
} from "./index.ts";

const AUDIENCE = "goose-oidc-proxy";
const START = Date.UTC(2026, 3, 1, 12);
const NOW = START / 1000;
let clock: ManualClock;
let issuer: TestIssuer;
let verifier: Verifier;

beforeAll(async () => {
  clock = createManualClock(START);
  issuer = await createIssuer({ clock });
});
beforeEach(() => {
  clock.set(START);
  issuer.answer = null;
  issuer.requests.length = 0;
  verifier = createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: issuer.fetch });
});

const payload = (claims: Record<string, unknown> = {}) =>
  JSON.stringify({
    iss: issuer.issuer,
    sub: "repo:o/r:ref:refs/heads/main",
    aud: AUDIENCE,
    jti: "an-id",
    iat: NOW,
    exp: NOW + 300,
    repository: "o/r",
    repository_owner: "o",
    ref: "refs/heads/main",
    ...claims,
  });
const header = (members: Record<string, unknown> = {}) =>
  JSON.stringify({ alg: "RS256", kid: issuer.key.kid, typ: "JWT", ...members });
/** Signed genuinely, with these claims or this header. */
const claims = (changes: Record<string, unknown>) => issuer.signRaw(header(), payload(changes));
const headed = (changes: Record<string, unknown>) => issuer.signRaw(header(changes), payload());
const parts = async () => (await claims({})).split(".") as [string, string, string];
/** The next spelling of the same bytes, which sloppy decoders take. */
const twist = (part: string) => part.slice(0, -1) + String.fromCharCode(part.charCodeAt(part.length - 1) + 1);

interface Refusal {
  name: string;
  token: () => unknown;
  code: OidcVerifyErrorCode;
  message: string;
  claim?: string;
  /** Refused only after keys were fetched. */
  late?: true;
}

const malformed = { code: "token_malformed", message: "Malformed JWT" } as const;
const issuerWrong = { code: "claim_invalid", message: "Invalid issuer", claim: "iss" } as const;
const audienceWrong = { code: "claim_invalid", message: "Invalid audience", claim: "aud" } as const;
const signature = { code: "signature_invalid", message: "Invalid signature", late: true } as const;
const early = { code: "token_not_yet_valid", message: "Token not yet valid" } as const;
const algorithm = (alg: string) =>
  ({ code: "algorithm_not_allowed", message: `Unsupported algorithm: ${alg}` }) as const;
const claim = (name: string) => ({ code: "claim_invalid", message: `Invalid claim: ${name}`, claim: name }) as const;

const REFUSALS: readonly Refusal[] = [
  { name: "empty", token: () => "", ...malformed },
  { name: "not-a-string", token: () => ({ toString: () => "a.b.c" }), ...malformed },
  { name: "one-part", token: () => "sk-ant-api03-something", ...malformed },
  { name: "four-parts", token: async () => `${await claims({})}.x`, ...malformed },
  { name: "empty-signature", token: async () => `${(await parts()).slice(0, 2).join(".")}.`, ...malformed },
  { name: "1-mb-token", token: () => `${"a".repeat(500_000)}.${"b".repeat(500_000)}.c`, ...malformed },
  { name: "8-kib-and-one", token: () => `a.b.${"c".repeat(8189)}`, ...malformed },
  { name: "blank-around", token: async () => ` ${await claims({})}`, ...malformed },
  { name: "newline-after", token: async () => `${await claims({})}\n`, ...malformed },
  { name: "padding", token: async () => `${await claims({})}==`, ...malformed },
  { name: "standard-base64", token: async () => (await claims({})).replace(".", "+."), ...malformed },
  { name: "unused-bits-in-signature", token: async () => twist(await claims({})), ...malformed },
  { name: "header-not-json", token: () => issuer.signRaw("{", payload()), ...malformed },
  { name: "header-array", token: () => issuer.signRaw("[]", payload()), ...malformed },
  { name: "payload-null", token: () => issuer.signRaw(header(), "null"), ...malformed },
  { name: "payload-string", token: () => issuer.signRaw(header(), '"text"'), ...malformed },
  { name: "payload-bom", token: () => issuer.signRaw(header(), `\uFEFF${payload()}`), ...malformed },
  { name: "duplicate-alg", token: () => issuer.signRaw(`{"alg":"none",${header().slice(1)}`, payload()), ...malformed },
  { name: "duplicate-claim", token: () => issuer.signRaw(header(), `{"aud":"x",${payload().slice(1)}`), ...malformed },
  {
    name: "duplicate-claim-escaped",
    token: () => issuer.signRaw(header(), `{"\\u0061ud":"x",${payload().slice(1)}`),
    ...malformed,
  },
  {
    name: "duplicate-in-depth",
    token: () => issuer.signRaw(header(), `{"x":[{"a":1,"a":2}],${payload().slice(1)}`),
    ...malformed,
  },
  { name: "nan", token: () => issuer.signRaw(header(), payload().replace(`${NOW}`, "NaN")), ...malformed },
  { name: "crit", token: () => headed({ crit: ["exp"] }), ...malformed },
  { name: "crit-null", token: () => headed({ crit: null }), ...malformed },
  { name: "alg-missing", token: () => headed({ alg: undefined }), ...malformed },
  { name: "alg-number", token: () => headed({ alg: 256 }), ...malformed },
  { name: "kid-number", token: () => headed({ kid: 1 }), ...malformed },
  { name: "alg-none", token: () => headed({ alg: "none" }), ...algorithm("none") },
  { name: "alg-case", token: () => headed({ alg: "rs256" }), ...algorithm("rs256") },
  { name: "alg-ps256", token: () => headed({ alg: "PS256" }), ...algorithm("PS256") },
  {
    name: "alg-long",
    token: () => headed({ alg: `x\n\u202e${"y".repeat(500)}` }),
    ...algorithm(`x${"y".repeat(199)}`),
  },
  { name: "hs256-with-public-key", token: hs256WithPublicKey, ...algorithm("HS256") },
  { name: "es256-with-rsa-kid", token: () => headed({ alg: "ES256" }), ...algorithm("ES256"), late: true },
  { name: "rs512-with-rs256-key", token: () => headed({ alg: "RS512" }), ...algorithm("RS512"), late: true },
  { name: "iss-missing", token: () => claims({ iss: undefined }), ...issuerWrong },
  { name: "iss-slash", token: () => claims({ iss: `${issuer.issuer}/` }), ...issuerWrong },
  { name: "iss-case", token: () => claims({ iss: issuer.issuer.toUpperCase() }), ...issuerWrong },
  { name: "iss-suffix", token: () => claims({ iss: `${issuer.issuer}.evil.test` }), ...issuerWrong },
  { name: "iss-enterprise", token: () => claims({ iss: `${issuer.issuer}/octo` }), ...issuerWrong },
  { name: "iss-array", token: () => claims({ iss: [issuer.issuer] }), ...issuerWrong },
  { name: "aud-missing", token: () => claims({ aud: undefined }), ...audienceWrong },
  { name: "aud-other", token: () => claims({ aud: "sts.amazonaws.com" }), ...audienceWrong },
  { name: "aud-case", token: () => claims({ aud: AUDIENCE.toUpperCase() }), ...audienceWrong },
  { name: "aud-array-without-us", token: () => claims({ aud: ["a", "b"] }), ...audienceWrong },
  { name: "aud-array-empty", token: () => claims({ aud: [] }), ...audienceWrong },
  { name: "aud-array-mixed", token: () => claims({ aud: [AUDIENCE, 1] }), ...audienceWrong },
  { name: "iat-missing", token: () => claims({ iat: undefined }), ...claim("iat") },
  { name: "iat-string", token: () => claims({ iat: `${NOW}` }), ...claim("iat") },
  { name: "iat-float", token: () => claims({ iat: NOW + 0.5 }), ...claim("iat") },
  { name: "iat-negative", token: () => claims({ iat: -1 }), ...claim("iat") },
  { name: "iat-huge", token: () => issuer.signRaw(header(), payload().replace(`${NOW}`, "1e400")), ...claim("iat") },
  { name: "exp-missing", token: () => claims({ exp: undefined }), ...claim("exp") },
  { name: "exp-null", token: () => claims({ exp: null }), ...claim("exp") },
  { name: "exp-string", token: () => claims({ exp: "9999999999" }), ...claim("exp") },
  { name: "nbf-string", token: () => claims({ nbf: "0" }), ...claim("nbf") },
  { name: "iat-future", token: () => claims({ iat: NOW + 61 }), ...early, claim: "iat" },
  { name: "nbf-future", token: () => claims({ nbf: NOW + 61 }), ...early, claim: "nbf" },
  {
    name: "expired",
    token: () => claims({ exp: NOW }),
    code: "token_expired",
    message: "Token expired",
    claim: "exp",
  },
  { name: "jti-missing", token: () => claims({ jti: undefined }), ...claim("jti") },
  { name: "jti-empty", token: () => claims({ jti: "" }), ...claim("jti") },
  { name: "jti-number", token: () => claims({ jti: 7 }), ...claim("jti") },
  { name: "jti-long", token: () => claims({ jti: "x".repeat(257) }), ...claim("jti") },
  { name: "jti-10-kb", token: () => claims({ jti: "x".repeat(10_000) }), ...malformed },
  { name: "sub-missing", token: () => claims({ sub: undefined }), ...claim("sub") },
  { name: "repository-missing", token: () => claims({ repository: undefined }), ...claim("repository") },
  { name: "repository-array", token: () => claims({ repository: ["o/r"] }), ...claim("repository") },
  { name: "ref-missing", token: () => claims({ ref: undefined }), ...claim("ref") },
  { name: "run-id-number", token: () => claims({ run_id: 1 }), ...claim("run_id") },
  { name: "environment-object", token: () => claims({ environment: {} }), ...claim("environment") },
  {
    name: "kid-missing",
    token: () => headed({ kid: undefined }),
    code: "key_not_found",
    message: "No matching key in JWKS",
  },
  {
    name: "kid-unknown",
    token: () => headed({ kid: "other" }),
    code: "key_not_found",
    message: "No matching key in JWKS",
    late: true,
  },
  { name: "tampered-payload", token: tamperedPayload, ...signature },
  { name: "signature-of-another", token: signatureOfAnother, ...signature },
  { name: "embedded-jwk", token: embeddedKey, ...signature },
  { name: "short-signature", token: async () => `${(await parts()).slice(0, 2).join(".")}.AAAA`, ...signature },
];

async function hs256WithPublicKey() {
  const input = `${base64url.encode(header({ alg: "HS256" }))}.${base64url.encode(payload())}`;
  const secret = new TextEncoder().encode(JSON.stringify(issuer.key.publicJwk));
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(input));
  return `${input}.${base64url.encode(new Uint8Array(mac))}`;
}

async function tamperedPayload() {
  const [head, , sign] = await parts();
  return `${head}.${base64url.encode(payload({ repository: "evil/repo" }))}.${sign}`;
}

async function signatureOfAnother() {
  const [head, body] = await parts();
  const [, , sign] = (await claims({ jti: "another" })).split(".");
  return `${head}.${body}.${sign}`;
}

/** Signed with the attacker's key, which the header brings along in every way there is. */
async function embeddedKey() {
  const key = await createSigningKey("RS256");
  const brought = { jwk: key.publicJwk, jku: "https://evil.test/jwks", x5u: "https://evil.test/x5u", x5c: ["AAAA"] };
  return issuer.signRaw(header(brought), payload(), key);
}

describe("refuses", () => {
  it.each(REFUSALS)("$name", async ({ token, code, message, claim, late }) => {
    const error = await verifier.verify((await token()) as string).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OidcVerifyError);
    expect(error).toMatchObject({ name: "OidcVerifyError", code, message });
    if (claim !== undefined) expect(error).toMatchObject({ claim });
    expect(issuer.requests).toHaveLength(late ? 1 : 0);
  });

  it("for every reason that a token can give", () => {
    const elsewhere = ["token_too_old", "untrusted", "keys_unavailable"];
    const all: Record<OidcVerifyErrorCode, true> = {
      token_malformed: true,
      algorithm_not_allowed: true,
      key_not_found: true,
      signature_invalid: true,
      token_expired: true,
      token_too_old: true,
      token_not_yet_valid: true,
      claim_invalid: true,
      untrusted: true,
      keys_unavailable: true,
    };
    expect(new Set([...REFUSALS.map(({ code }) => code as string), ...elsewhere])).toEqual(new Set(Object.keys(all)));
  });
});

describe("accepts", () => {
  it.each([
    ["a list of audiences with ours", () => claims({ aud: ["other", AUDIENCE] })],
    ["claims it does not know, however deep", () => claims({ extra: JSON.parse("[".repeat(2000) + "]".repeat(2000)) })],
    ["a deployment without ref", () => claims({ ref: "" })],
    ["a clock that is a minute ahead", () => claims({ iat: NOW + 60, nbf: NOW + 60 })],
    ["no nbf", () => claims({ nbf: undefined })],
    ["blanks and escapes in its JSON", () => issuer.signRaw(header(), payload({ x: 'a":\\u0022' }).replace("{", "{ "))],
    ["x5t in the header, as GitHub sends", () => headed({ x5t: "abc" })],
    ["a proto member", () => issuer.signRaw(header(), `{"__proto__":{"repository":"evil/repo"},${payload().slice(1)}`)],
  ])("%s", async (_, token) => {
    expect((await verifier.verify(await token())).claims.repository).toBe("o/r");
  });

  it("each algorithm that a key declares", async () => {
    for (const alg of ["RS384", "RS512", "ES256", "ES384"] as const) {
      const other = await createIssuer({ clock, alg });
      const { verify } = createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: other.fetch });
      expect((await verify(await other.mint())).claims.iss).toBe(other.issuer);
    }
  });

  it("and keeps unknown claims, frozen to the bottom", async () => {
    const { claims: verified } = await verifier.verify(await claims({ repo_property_tier: "gold", x: { y: [1] } }));
    expect(verified).toMatchObject({ repo_property_tier: "gold", x: { y: [1] } });
    expect([verified, verified.x, (verified.x as { y: unknown }).y].every(Object.isFrozen)).toBe(true);
  });
});

describe("time", () => {
  const make = (rules: { maxAgeSeconds?: number; enforceExpiry?: boolean }) =>
    createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: issuer.fetch, ...rules });

  it.each([
    [{}, NOW + 300, "token_expired"],
    [{ maxAgeSeconds: 1200 }, NOW + 1201, "token_too_old"],
    [{ maxAgeSeconds: 1200, enforceExpiry: true }, NOW + 300, "token_expired"],
    [{ maxAgeSeconds: 100, enforceExpiry: true }, NOW + 101, "token_too_old"],
    [{ enforceExpiry: true }, NOW + 300, "token_expired"],
  ])("with %j ends exactly at %d", async (rules, end, code) => {
    const [cached, uncached] = [make(rules), make({ ...rules })];
    const token = await claims({});
    expect((await cached.verify(token)).acceptedUntil).toBe(end * 1000);
    clock.set(end * 1000 - 1);
    await cached.verify(token);
    await uncached.verify(token);
    clock.set(end * 1000);
    await expect(cached.verify(token)).rejects.toMatchObject({ code });
    await expect(make(rules).verify(token)).rejects.toMatchObject({ code });
  });

  it("is judged again once the keys have come", async () => {
    issuer.answer = () => {
      clock.advance(300_000);
      return Response.json({ keys: issuer.keys });
    };
    await expect(verifier.verify(await claims({}))).rejects.toMatchObject({ code: "token_expired" });
  });

  it("is judged for a remembered token too when the clock is set back", async () => {
    const token = await claims({});
    await verifier.verify(token);
    clock.advance(-61_000);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "token_not_yet_valid" });
    clock.set(START);
    await verifier.verify(token);
  });
});

describe("remembered tokens", () => {
  it("are the same object and cost no signature", async () => {
    const token = await claims({});
    expect(await verifier.verify(token)).toBe(await verifier.verify(token));
  });

  it("are told apart by every character", async () => {
    const [head, body, sign] = await parts();
    await verifier.verify([head, body, sign].join("."));
    const other = `${sign[0] === "A" ? "B" : "A"}${sign.slice(1)}`;
    await expect(verifier.verify([head, body, other].join("."))).rejects.toMatchObject({ code: "signature_invalid" });
  });

  it("are forgotten with their key, and kept when it stays", async () => {
    const own = await createIssuer({ clock });
    const { verify } = createVerifier({
      audience: AUDIENCE,
      trust: "any",
      clock,
      fetch: own.fetch,
      maxAgeSeconds: 7200,
    });
    const [token, other] = [await own.mint(), await own.mint()];
    const first = await verify(token);
    clock.advance(11 * 60_000);
    await verify(other); // stale: refreshes in the background
    await expect.poll(() => own.requests.length).toBe(2);
    expect(await verify(token)).toBe(first);
    await own.rotate({ drop: true });
    await expect(verify(await own.mint())).resolves.toBeDefined(); // an unknown key: refreshes
    await expect(verify(token)).rejects.toMatchObject({ code: "key_not_found" });
  });

  it("are as many as asked for, the last used ones", async () => {
    const { verify } = createVerifier({
      audience: AUDIENCE,
      trust: "any",
      clock,
      fetch: issuer.fetch,
      maxCachedTokens: 2,
    });
    const [a, b, c] = [await claims({ jti: "a" }), await claims({ jti: "b" }), await claims({ jti: "c" })];
    const [firstA, firstB] = [await verify(a), await verify(b)];
    await verify(a);
    await verify(c);
    expect(await verify(a)).toBe(firstA);
    expect(await verify(b)).not.toBe(firstB);
  });

  it("can be none", async () => {
    const { verify } = createVerifier({
      audience: AUDIENCE,
      trust: "any",
      clock,
      fetch: issuer.fetch,
      maxCachedTokens: 0,
    });
    const token = await claims({});
    expect(await verify(token)).not.toBe(await verify(token));
  });
});

describe("several issuers", () => {
  it("have each their own audience, keys and rules", async () => {
    const theirs = await createIssuer({ issuer: "https://ghe.octo.test/_services/token", clock });
    const fetch: typeof globalThis.fetch = (input, init) =>
      (new Request(input, init).url.startsWith(theirs.issuer) ? theirs : issuer).fetch(input, init);
    const { verify } = createVerifier({
      issuers: [
        { audience: AUDIENCE, trust: [{ repository_owner: "octo-org" }] },
        { issuer: `${theirs.issuer}/`, audience: "theirs", trust: [{ repository_owner: "octo" }] },
      ],
      clock,
      fetch,
    });
    await verify(await issuer.mint());
    await verify(await theirs.mint({ aud: "theirs", repository_owner: "octo" }));
    for (const [token, code] of [
      [theirs.mint({ aud: AUDIENCE, repository_owner: "octo" }), "claim_invalid"],
      [theirs.mint({ aud: "theirs" }), "untrusted"],
      [theirs.mint({ iss: issuer.issuer }), "key_not_found"],
      [theirs.mint({ iss: issuer.issuer }, { kid: issuer.key.kid }), "signature_invalid"],
      [theirs.mint({ aud: "theirs", repository_owner: "octo" }, { kid: issuer.key.kid }), "key_not_found"],
    ] as const) {
      await expect(verify(await token)).rejects.toMatchObject({ code });
    }
  });
});

describe("options", () => {
  const good = { audience: AUDIENCE, trust: "any" as const };
  it.each([
    ["audience", { ...good, audience: "" }],
    ["audience", { ...good, audience: [] }],
    ["audience", { trust: "any" }],
    ["trust", { audience: AUDIENCE }],
    ["issuer", { ...good, issuer: "http://issuer.test" }],
    ["issuer", { ...good, issuer: "https://issuer.test?x" }],
    ["maxAgeSeconds", { ...good, maxAgeSeconds: 0 }],
    ["maxAgeSeconds", { ...good, maxAgeSeconds: 1.5 }],
    ["maxAgeSeconds", { ...good, maxAgeSeconds: "1200" }],
    ["enforceExpiry", { ...good, enforceExpiry: "false" }],
    ["maxCachedTokens", { ...good, maxCachedTokens: -1 }],
    ["issuers", { issuers: [] }],
    ["issuers", { issuers: [good, good] }],
    ["keys", { ...good, keys: createKeyResolver({ issuer: "https://other.test" }) }],
  ])("with a wrong %s are the programmer's mistake: %j", (name, options) => {
    const make = () => createVerifier(options as unknown as Parameters<typeof createVerifier>[0]);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(`^${name}`));
  });

  it("take a resolver of the caller's own, whose failures are outages", async () => {
    const keys = {
      issuer: issuer.issuer,
      peek: () => undefined,
      resolve: () => Promise.reject(new RangeError("no luck")),
    };
    const { verify } = createVerifier({ ...good, clock, keys });
    await expect(verify(await claims({}))).rejects.toMatchObject({
      code: "keys_unavailable",
      cause: expect.any(RangeError),
    });
  });
});
