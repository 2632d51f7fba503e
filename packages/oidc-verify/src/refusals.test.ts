import { base64url } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { AUDIENCE, createTokenForge } from "../test/token-forge.ts";
import { createVerifier, OidcVerifyError, type OidcVerifyErrorCode, type Verifier } from "./index.ts";
import { createIssuer, createManualClock, createSigningKey } from "./testing.ts";

const START = Date.UTC(2026, 3, 1, 12);
const NOW = START / 1000;
const clock = createManualClock(START);
const issuer = await createIssuer({ clock, audience: AUDIENCE });
const { payload, header, claims, headed } = createTokenForge(issuer, NOW);

let verifier: Verifier;
beforeEach(() => {
  clock.set(START);
  issuer.answer = null;
  issuer.requests.length = 0;
  verifier = createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: issuer.fetch });
});

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
const audienceWrong = (came: string) =>
  ({
    code: "claim_invalid",
    message: `Invalid audience: ${came}, expected '${AUDIENCE}'`,
    claim: "aud",
    late: true,
  }) as const;
const tooLong = { code: "token_malformed", message: "Malformed JWT: longer than 16384 characters" } as const;
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
  { name: "empty-header", token: async () => `.${(await parts()).slice(1).join(".")}`, ...malformed },
  { name: "empty-payload", token: async () => (await claims({})).replace(/\..*\./, ".."), ...malformed },
  { name: "empty-signature", token: async () => `${(await parts()).slice(0, 2).join(".")}.`, ...malformed },
  { name: "1-mb-token", token: () => `${"a".repeat(500_000)}.${"b".repeat(500_000)}.c`, ...tooLong },
  { name: "16-kib", token: () => `a.b.${"c".repeat(16_380)}`, ...malformed },
  { name: "16-kib-and-one", token: () => `a.b.${"c".repeat(16_381)}`, ...tooLong },
  { name: "16-kib-and-one-of-no-shape", token: () => "c".repeat(16_385), ...tooLong },
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
  { name: "proto", token: () => issuer.signRaw(header(), `{"__proto__":{},${payload().slice(1)}`), ...malformed },
  {
    name: "proto-in-depth-escaped",
    token: () => issuer.signRaw(header(), `{"x":[{"\\u005f_proto__":1}],${payload().slice(1)}`),
    ...malformed,
  },
  {
    name: "proto-in-header",
    token: () => issuer.signRaw(`{"__proto__":{},${header().slice(1)}`, payload()),
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
  { name: "aud-missing", token: () => claims({ aud: undefined }), ...audienceWrong("none") },
  { name: "aud-other", token: () => claims({ aud: "sts.amazonaws.com" }), ...audienceWrong("'sts.amazonaws.com'") },
  { name: "aud-empty", token: () => claims({ aud: "" }), ...audienceWrong("''") },
  {
    name: "aud-case",
    token: () => claims({ aud: AUDIENCE.toUpperCase() }),
    ...audienceWrong(`'${AUDIENCE.toUpperCase()}'`),
  },
  {
    name: "aud-long",
    token: () => claims({ aud: `x\n\u202e${"y".repeat(500)}` }),
    ...audienceWrong(`'x${"y".repeat(199)}'`),
  },
  { name: "aud-array-without-us", token: () => claims({ aud: ["a", "b"] }), ...audienceWrong("'a, b'") },
  { name: "aud-array-empty", token: () => claims({ aud: [] }), ...audienceWrong("'[]'") },
  { name: "aud-array-mixed", token: () => claims({ aud: [AUDIENCE, 1] }), ...audienceWrong(`'["${AUDIENCE}",1]'`) },
  { name: "aud-number", token: () => claims({ aud: 1 }), ...audienceWrong("'1'") },
  { name: "aud-null", token: () => claims({ aud: null }), ...audienceWrong("'null'") },
  { name: "aud-object", token: () => claims({ aud: { a: 1 } }), ...audienceWrong(`'{"a":1}'`) },
  { name: "iat-missing", token: () => claims({ iat: undefined }), ...claim("iat") },
  { name: "iat-string", token: () => claims({ iat: `${NOW}` }), ...claim("iat") },
  { name: "iat-float", token: () => claims({ iat: NOW + 0.5 }), ...claim("iat") },
  { name: "iat-negative", token: () => claims({ iat: -1 }), ...claim("iat") },
  { name: "iat-huge", token: () => issuer.signRaw(header(), payload().replace(`${NOW}`, "1e400")), ...claim("iat") },
  { name: "exp-missing", token: () => claims({ exp: undefined }), ...claim("exp") },
  { name: "exp-null", token: () => claims({ exp: null }), ...claim("exp") },
  { name: "exp-beyond-dates", token: () => claims({ exp: 8.64e12 + 1 }), ...claim("exp") },
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
  { name: "jti-10-kb", token: () => claims({ jti: "x".repeat(10_000) }), ...claim("jti") },
  { name: "jti-20-kb", token: () => claims({ jti: "x".repeat(20_000) }), ...tooLong },
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
  { name: "forged-with-another-audience", token: () => forged({ aud: "SECRET" }), ...signature },
  { name: "forged-with-another-repository", token: () => forged({ repository: "SECRET/r" }), ...signature },
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

async function forged(changes: Record<string, unknown>) {
  return issuer.signRaw(header(), payload(changes), await createSigningKey("RS256"));
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
    expect(error).toMatchObject({ name: "OidcVerifyError", code, message, ...(claim && { claim }) });
    expect(error).not.toHaveProperty("cause"); // it goes to logs, and a parser's message quotes what it read
    expect(Object.hasOwn(error as object, "claims")).toBe(claim === "aud"); // who is refused is known only then
    expect(Object.hasOwn(error as object, "failed")).toBe(claim === "aud");
    expect(issuer.requests).toHaveLength(late ? 1 : 0);
  });

  it("another's audience with who it was and what came, which a log does not print by itself", async () => {
    const error: OidcVerifyError = await verifier.verify(await claims({ aud: ["a", "b"] })).catch((error) => error);
    expect(error.claims).toMatchObject({ repository: "o/r", aud: ["a", "b"], jti: "an-id" });
    expect(error.failed).toEqual({ aud: "a, b" });
    expect([error.claims, error.claims?.aud, error.failed].every(Object.isFrozen)).toBe(true);
    expect(Object.keys(error).sort()).toEqual(["claim", "code", "name", "status"]);
  });

  it("another's audience with all that are expected", async () => {
    const { verify } = createVerifier({ audience: ["a", "b"], trust: "any", clock, fetch: issuer.fetch });
    await expect(verify(await claims({}))).rejects.toMatchObject({
      message: `Invalid audience: '${AUDIENCE}', expected 'a' or 'b'`,
    });
  });

  it("an audience of any depth", async () => {
    const deep = `${"[".repeat(5500)}${"]".repeat(5500)}`;
    const token = await issuer.signRaw(header(), payload({ aud: 0 }).replace('"aud":0', `"aud":${deep}`));
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "claim_invalid", claim: "aud" });
  });

  it("a stranger with who it was, and what failed", async () => {
    const trust = [{ repository: "a/b" }, { repository: "o/*", environment: "x" }] as const;
    const { verify } = createVerifier({ audience: AUDIENCE, trust, clock, fetch: issuer.fetch });
    const error: OidcVerifyError = await verify(await claims({ actor: "octocat" })).catch((error) => error);
    expect(error).toMatchObject({ code: "untrusted", message: "Not allowed by trust policy: repository, environment" });
    expect(error.claims).toMatchObject({ repository: "o/r", actor: "octocat" });
    expect(Object.entries(error.failed ?? {})).toEqual([
      ["repository", "o/r"],
      ["environment", undefined],
    ]);
    expect([error.claims, error.failed].every(Object.isFrozen)).toBe(true);
    expect(Object.keys(error)).not.toContain("claims");
  });

  it("a flood of forged tokens with another audience at the price of one fetch in 30 s", async () => {
    const key = await createSigningKey("RS256");
    const flood = (kid: string) =>
      Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const token = await issuer.signRaw(header({ kid: `${kid}${i}` }), payload({ aud: "x", jti: `${i}` }), key);
          await expect(verifier.verify(token)).rejects.toMatchObject({ code: "key_not_found" });
        }),
      );
    await verifier.verify(await claims({}));
    await flood("a");
    await flood("b");
    expect(issuer.requests).toHaveLength(2);
    clock.advance(30_000);
    await flood("c");
    expect(issuer.requests).toHaveLength(3);
    const known = await issuer.signRaw(header(), payload({ aud: "x" }), key);
    await expect(verifier.verify(known)).rejects.toMatchObject({ code: "signature_invalid" });
    expect(issuer.requests).toHaveLength(3);
  });

  it("for every reason that a token can give, each with its status", () => {
    const elsewhere = ["missing_token", "token_too_old", "untrusted", "keys_unavailable"];
    const all: Record<OidcVerifyErrorCode, number> = {
      missing_token: 401,
      token_malformed: 401,
      algorithm_not_allowed: 401,
      key_not_found: 401,
      signature_invalid: 401,
      token_expired: 401,
      token_too_old: 401,
      token_not_yet_valid: 401,
      claim_invalid: 401,
      untrusted: 403,
      keys_unavailable: 503,
    };
    expect(new Set([...REFUSALS.map(({ code }) => code as string), ...elsewhere])).toEqual(new Set(Object.keys(all)));
    const statuses = Object.keys(all).map((code) => [
      code,
      new OidcVerifyError(code as OidcVerifyErrorCode, "").status,
    ]);
    expect(Object.fromEntries(statuses)).toEqual(all);
  });
});
