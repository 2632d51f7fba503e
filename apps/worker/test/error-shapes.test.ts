import { describe, expect, it } from "vitest";
import { deploy, GONE, issuer, upstreamUrl as upstream } from "./harness.ts";

const route = { prefix: "/claude", preset: "anthropic", upstream, key: "CLAUDE_KEY" };
const deployRoute = (changes: object = {}, variables: Record<string, unknown> = {}) =>
  deploy({
    UPSTREAM_URL: "",
    UPSTREAM_AUTH_HEADER: "",
    CLAUDE_KEY: "sk-claude",
    ROUTES: [{ ...route, ...changes }],
    ...variables,
  });
const call = deployRoute();
const models = "/claude/v1/models";

/** What the second of two requests is told. */
async function second(variables: Record<string, unknown>): Promise<Response> {
  const proxy = deployRoute({}, variables);
  const run_id = crypto.randomUUID();
  const mint = () => issuer.mint({ run_id, repository_id: `${run_id}r`, repository_owner_id: `${run_id}o` });
  await proxy(models, { token: await mint() });
  return proxy(models, { token: await mint() });
}

async function secondOfOneToken(variables: Record<string, unknown>): Promise<Response> {
  const proxy = deployRoute({}, variables);
  const token = await issuer.mint();
  await proxy(models, { token });
  return proxy(models, { token });
}

const limiter = (take: () => Promise<unknown>) => ({ LIMITER: { getByName: () => ({ take }) } });

type Row = [code: string, status: number, type: string, provoke: () => Promise<Response>];

describe("on a route with a preset every refusal has the API's error shape", () => {
  it.each<Row>([
    ["missing_token", 401, "authentication_error", () => call(models)],
    ["token_malformed", 401, "authentication_error", () => call(models, { token: "garbage" })],
    [
      "claim_invalid",
      401,
      "authentication_error",
      async () => call(models, { token: await issuer.mint({ aud: "another" }) }),
    ],
    [
      "untrusted",
      403,
      "permission_error",
      async () => call(models, { token: await issuer.mint({ repository: "some/body" }) }),
    ],
    ["rate_limited", 429, "rate_limit_error", () => secondOfOneToken({ RATE_LIMIT_PER_SECOND: "1" })],
    ["budget_exhausted", 429, "rate_limit_error", () => secondOfOneToken({ MAX_REQUESTS_PER_TOKEN: "1" })],
    [
      "budget_exhausted",
      403,
      "permission_error",
      () => secondOfOneToken({ MAX_REQUESTS_PER_TOKEN: "1", BUDGET_EXHAUSTED_STATUS: "403" }),
    ],
    ["run_budget_exhausted", 429, "rate_limit_error", () => second({ MAX_REQUESTS_PER_RUN: "1" })],
    ["repository_budget_exhausted", 429, "rate_limit_error", () => second({ MAX_REQUESTS_PER_REPO_PER_DAY: "1" })],
    ["owner_budget_exhausted", 429, "rate_limit_error", () => second({ MAX_REQUESTS_PER_OWNER_PER_DAY: "1" })],
    ["route_not_allowed", 404, "not_found_error", async () => call("/claude/v1/files", { token: await issuer.mint() })],
    ["upgrade_required", 426, "invalid_request_error", () => call(models, { headers: { upgrade: "websocket" } })],
    [
      "internal",
      500,
      "api_error",
      async () =>
        deployRoute(
          {},
          limiter(async () => null),
        )(models, { token: await issuer.mint() }),
    ],
    [
      "upstream_unreachable",
      502,
      "api_error",
      async () => deployRoute({ upstream: GONE })(models, { token: await issuer.mint() }),
    ],
    [
      "keys_unavailable",
      503,
      "api_error",
      async () => deployRoute({}, { OIDC_ISSUER: GONE })(models, { token: await issuer.mint({ iss: GONE }) }),
    ],
    [
      "limiter_unavailable",
      503,
      "api_error",
      async () =>
        deployRoute(
          {},
          limiter(() => Promise.reject(new Error("overloaded"))),
        )(models, { token: await issuer.mint() }),
    ],
    [
      "upstream_timeout",
      504,
      "timeout_error",
      async () =>
        deployRoute({}, { UPSTREAM_TIMEOUT_SECONDS: "1" })(models, {
          token: await issuer.mint(),
          answer: { hang: true },
        }),
    ],
  ])("%s, %i: %s", async (code, status, type, provoke) => {
    const answer = await provoke();
    expect(answer.status).toBe(status);
    expect(answer.headers.get("x-oidc-proxy-error")).toBe(code);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const text = expect.stringMatching(/^oidc-proxy: ./);
    const error = { type, message: text, code, details: { error_code: code } };
    expect(await answer.json()).toEqual({ type: "error", error });
  });

  it.each<Row>([
    ["route_not_allowed", 404, "no route", () => call("/elsewhere")],
    ["misconfigured", 500, "no configuration", () => deployRoute({ preset: "acme" })(models)],
  ])("but %s, %i, is one text, as there is %s", async (code, status, _, provoke) => {
    const answer = await provoke();
    expect([answer.status, answer.headers.get("x-oidc-proxy-error")]).toEqual([status, code]);
    expect(await answer.json()).toEqual({ error: expect.not.stringMatching(/^oidc-proxy: /) });
  });
});
