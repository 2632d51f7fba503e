import { createSigningKey } from "@org/oidc-verify/testing";
import { describe, expect, it } from "vitest";
import type { Code } from "../src/responses.ts";
import { deploy, GONE, issuer, takeReceived } from "./harness.ts";

interface Row {
  status: number;
  text: string;
  provoke: () => Promise<Response>;
  headers?: Record<string, string | null>;
  /** Requests that reached the upstream on the way there. Default 0. */
  forwarded?: number;
}

const now = () => Math.floor(Date.now() / 1000);
const call = deploy();
const withClaims = async (claims: Record<string, unknown>) => call("/", { token: await issuer.mint(claims) });
const invalid = { "www-authenticate": 'Bearer realm="oidc-proxy", error="invalid_token"' };

async function spend(variables: Record<string, unknown>, times: number): Promise<Response> {
  const proxy = deploy(variables);
  const run_id = crypto.randomUUID();
  let last = new Response();
  for (let i = 0; i < times; i++) {
    const ids = { run_id, repository_id: `${run_id}r`, repository_owner_id: `${run_id}o` };
    last = await proxy("/", { token: await issuer.mint(ids) });
  }
  return last;
}

async function spendOneToken(variables: Record<string, unknown>): Promise<Response> {
  const proxy = deploy(variables);
  const token = await issuer.mint();
  await proxy("/", { token });
  return proxy("/", { token });
}

/** A row for each row of the contract's table. */
const rows: Record<Code, [Row, ...Row[]]> = {
  missing_token: [
    {
      status: 401,
      text: "Missing authentication",
      provoke: () => call("/"),
      headers: { "www-authenticate": 'Bearer realm="oidc-proxy", Basic realm="oidc-proxy"' },
    },
    {
      status: 401,
      text: "Missing authentication",
      provoke: () => call("/", { headers: { "sec-fetch-mode": "navigate" } }),
      headers: { "www-authenticate": 'Bearer realm="oidc-proxy"' },
    },
    ...["Digest dXNlcjpwYXNz", "Basic !", "Basic", "Basic Og=="].map((authorization) => ({
      status: 401,
      text: "Missing authentication",
      provoke: () => call("/", { headers: { authorization } }),
    })),
    {
      status: 401,
      text: "Missing authentication",
      provoke: async () => call(`/?api_key=${await issuer.mint()}&x-api-key=${await issuer.mint()}`),
    },
  ],
  token_malformed: [
    { status: 401, text: "Malformed JWT", provoke: () => call("/", { token: "not-a-token" }), headers: invalid },
    {
      status: 401,
      text: "Malformed JWT",
      provoke: () => call("/", { headers: { authorization: "Basic dXNlcjpwYXNz" } }),
      headers: invalid,
    },
    {
      status: 401,
      text: "Malformed JWT: longer than 16384 characters",
      provoke: () => call("/", { token: "x".repeat(16_385) }),
    },
  ],
  algorithm_not_allowed: [
    {
      status: 401,
      text: "Unsupported algorithm: none",
      provoke: async () => call("/", { token: await issuer.mint({}, { alg: "none" }) }),
      headers: invalid,
    },
    {
      status: 401,
      text: `Unsupported algorithm: ${"x".repeat(200)}`,
      provoke: async () => call("/", { token: await issuer.mint({}, { alg: `${"x".repeat(500)}` }) }),
    },
  ],
  key_not_found: [
    {
      status: 401,
      text: "No matching key in JWKS",
      provoke: async () => call("/", { token: await issuer.mint({}, { kid: "another" }) }),
      headers: invalid,
    },
  ],
  signature_invalid: [
    {
      status: 401,
      text: "Invalid signature",
      provoke: async () => {
        const token = await issuer.mint();
        const header = JSON.stringify({ alg: "RS256", kid: issuer.key.kid, typ: "JWT" });
        const forged = await issuer.signRaw(header, atob(token.split(".")[1] ?? ""), await createSigningKey());
        return call("/", { token: forged });
      },
      headers: invalid,
    },
  ],
  token_expired: [
    {
      status: 401,
      text: "Token expired",
      provoke: async () =>
        deploy({ MAX_TOKEN_AGE_SECONDS: "" })("/", { token: await issuer.mint({ iat: now() - 301 }) }),
      headers: invalid,
    },
    {
      status: 401,
      text: "Token expired",
      provoke: async () =>
        deploy({ ENFORCE_TOKEN_EXPIRY: "true" })("/", { token: await issuer.mint({ iat: now() - 301 }) }),
    },
  ],
  token_too_old: [
    { status: 401, text: "Token too old", provoke: () => withClaims({ iat: now() - 1202 }), headers: invalid },
  ],
  token_not_yet_valid: [
    { status: 401, text: "Token not yet valid", provoke: () => withClaims({ iat: now() + 90 }), headers: invalid },
    { status: 401, text: "Token not yet valid", provoke: () => withClaims({ nbf: now() + 90 }) },
  ],
  claim_invalid: [
    {
      status: 401,
      text: "Invalid issuer",
      provoke: () => withClaims({ iss: `${issuer.issuer}/` }),
      headers: invalid,
    },
    {
      status: 401,
      text: "Invalid audience: 'another', expected 'goose-oidc-proxy'",
      provoke: () => withClaims({ aud: "another" }),
    },
    { status: 401, text: "Invalid claim: jti", provoke: () => withClaims({ jti: undefined }) },
    { status: 401, text: "Invalid claim: exp", provoke: () => withClaims({ exp: "soon" }) },
    { status: 401, text: "Invalid claim: iat", provoke: async () => withClaims({ iat: "now" }) },
    {
      status: 401,
      text: "Invalid claim: run_id",
      provoke: async () =>
        deploy({ MAX_REQUESTS_PER_RUN: "1" })("/", { token: await issuer.mint({ run_id: undefined }) }),
    },
  ],
  untrusted: [
    {
      status: 403,
      text: "Repository 'evil/octo-repo' not allowed",
      provoke: () => withClaims({ repository: "evil/octo-repo" }),
    },
    {
      status: 403,
      text: "Ref 'refs/heads/feature' not allowed",
      provoke: async () =>
        deploy({ ALLOWED_REFS: "refs/heads/main" })("/", { token: await issuer.mint({ ref: "refs/heads/feature" }) }),
    },
    {
      status: 403,
      text: `Ref 'refs/heads/${"x".repeat(189)}' not allowed`,
      provoke: async () =>
        deploy({ ALLOWED_REFS: "refs/heads/main" })("/", {
          token: await issuer.mint({ ref: `refs/heads/\u0007${"x".repeat(400)}` }),
        }),
    },
  ],
  rate_limited: [
    {
      status: 429,
      text: "Rate limit exceeded",
      provoke: () => spendOneToken({ RATE_LIMIT_PER_SECOND: "1" }),
      forwarded: 1,
      headers: { "retry-after": "1", "x-should-retry": null },
    },
  ],
  budget_exhausted: [
    {
      status: 429,
      text: "Token budget exhausted",
      provoke: () => spendOneToken({ MAX_REQUESTS_PER_TOKEN: "1" }),
      forwarded: 1,
      headers: { "x-should-retry": "false", "retry-after": null },
    },
    {
      status: 403,
      text: "Token budget exhausted",
      provoke: () => spendOneToken({ MAX_REQUESTS_PER_TOKEN: "1", BUDGET_EXHAUSTED_STATUS: "403" }),
      forwarded: 1,
      headers: { "x-should-retry": "false" },
    },
  ],
  run_budget_exhausted: [
    {
      status: 429,
      text: "Run budget exhausted",
      provoke: () => spend({ MAX_REQUESTS_PER_RUN: "2" }, 3),
      forwarded: 2,
      headers: { "x-should-retry": "false", "retry-after": null },
    },
  ],
  repository_budget_exhausted: [
    {
      status: 429,
      text: "Repository budget exhausted",
      provoke: () => spend({ MAX_REQUESTS_PER_REPO_PER_DAY: "2" }, 3),
      forwarded: 2,
      headers: { "retry-after": expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) },
    },
  ],
  owner_budget_exhausted: [
    {
      status: 403,
      text: "Owner budget exhausted",
      provoke: () => spend({ MAX_REQUESTS_PER_OWNER_PER_DAY: "2", BUDGET_EXHAUSTED_STATUS: "403" }, 3),
      forwarded: 2,
      headers: { "retry-after": expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) },
    },
  ],
  route_not_allowed: [
    {
      status: 404,
      text: "Route not allowed",
      provoke: async () => call("/a/..%2fb", { token: await issuer.mint() }),
    },
    {
      status: 404,
      text: "Route not allowed",
      provoke: async () => {
        const token = await issuer.mint();
        return call(`/?token=${token.replaceAll(".", "%2e")}`, { token });
      },
      headers: { ratelimit: null },
    },
  ],
  method_not_allowed: [
    {
      status: 405,
      text: "Method not allowed",
      provoke: async () => call("/", { method: "TRACE", token: await issuer.mint() }),
    },
  ],
  upgrade_required: [
    {
      status: 426,
      text: "WebSocket not enabled on this route",
      provoke: async () => call("/v1/realtime", { token: await issuer.mint(), headers: { upgrade: "websocket" } }),
      headers: { ratelimit: null },
    },
    {
      status: 426,
      text: "WebSocket not enabled on this route",
      provoke: () => call("/v1/realtime", { headers: { upgrade: "websocket" } }),
    },
  ],
  misconfigured: [
    {
      status: 500,
      text: "Proxy misconfigured: OIDC_AUDIENCE is required; UPSTREAM_API_KEY is required",
      provoke: async () => deploy({ OIDC_AUDIENCE: "", UPSTREAM_API_KEY: "" })("/", { token: await issuer.mint() }),
    },
    {
      status: 500,
      text: "Proxy misconfigured: MAX_REQUESTS_PER_TOKEN must be a positive integer of at most 9 digits",
      provoke: async () => deploy({ MAX_REQUESTS_PER_TOKEN: "abc" })("/", { token: await issuer.mint() }),
    },
  ],
  internal: [
    {
      status: 500,
      text: "Internal error",
      provoke: async () => {
        const LIMITER = { getByName: () => ({ take: async () => null }) };
        return deploy({ LIMITER })("/", { token: await issuer.mint() });
      },
    },
  ],
  upstream_unreachable: [
    {
      status: 502,
      text: "Upstream unreachable",
      provoke: async () => deploy({ UPSTREAM_URL: GONE })("/", { token: await issuer.mint() }),
      headers: { "ratelimit-policy": expect.stringContaining('"token"') },
    },
  ],
  upstream_timeout: [
    {
      status: 504,
      text: "Upstream timeout",
      provoke: async () =>
        deploy({ UPSTREAM_TIMEOUT_SECONDS: "1" })("/", { token: await issuer.mint(), answer: { hang: true } }),
      forwarded: 1,
    },
  ],
  keys_unavailable: [
    {
      status: 503,
      text: "Signing keys unavailable",
      provoke: async () => {
        return deploy({ OIDC_ISSUER: GONE })("/", { token: await issuer.mint({ iss: GONE }) });
      },
      headers: { "retry-after": "2", "www-authenticate": null },
    },
  ],
  limiter_unavailable: [
    {
      status: 503,
      text: "Limiter unavailable",
      provoke: async () => {
        const LIMITER = { getByName: () => ({ take: () => Promise.reject(new Error("overloaded: sk-the-real-key")) }) };
        return deploy({ LIMITER })("/", { token: await issuer.mint() });
      },
      headers: { "retry-after": "2" },
    },
  ],
};

describe.each(Object.entries(rows))("%s", (code, cases) => {
  it.each(cases)("$status $text", async ({ status, text, provoke, headers = {}, forwarded = 0 }) => {
    await takeReceived();
    const response = await provoke();
    expect({ status: response.status, body: await response.text() }).toEqual({
      status,
      body: JSON.stringify({ error: text }),
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-oidc-proxy-error": code,
      "content-type": "application/json",
      "cache-control": "no-store",
      "access-control-allow-origin": "*",
    });
    for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name), name).toEqual(value);
    expect(await takeReceived()).toHaveLength(forwarded);
  });
});
