import { describe, expect, it } from "vitest";
import { type PresetName, presets } from "./presets.ts";
import { createProxy, type ProxyOptions } from "./proxy.ts";
import { answerRefusal } from "./refusal.ts";
import type { RouteOptions } from "./route.ts";
import { createRouter } from "./router.ts";

const refusal = { status: 429, code: "rate_limited", text: "Rate limit exceeded", headers: { "retry-after": "1" } };
const message = "oidc-proxy: Rate limit exceeded";

const anthropic = (type: string) => ({ type, message, code: "rate_limited", details: { error_code: "rate_limited" } });
const openai = { error: { message, type: "requests", param: null, code: "rate_limited" } };

const bodies: Record<PresetName, object> = {
  anthropic: { type: "error", error: anthropic("rate_limit_error") },
  openai,
  "azure-openai": openai,
  "github-models": openai,
  gemini: {
    error: {
      code: 429,
      message,
      status: "RESOURCE_EXHAUSTED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "RATE_LIMITED",
          domain: "oidc-proxy",
          metadata: { code: "rate_limited" },
        },
      ],
    },
  },
  openrouter: {
    type: "error",
    error: { ...anthropic("rate_limit_error"), code: 429, metadata: { code: "rate_limited" } },
  },
  huggingface: { error: message, code: "rate_limited" },
  npm: { error: message, code: "rate_limited" },
};

describe("a refusal", () => {
  it.each(Object.entries(bodies))("on a route of %s has that API's shape", async (preset, body) => {
    const answer = answerRefusal(refusal, { preset: preset as PresetName });
    expect([answer.status, await answer.json()]).toEqual([429, body]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "cache-control": "no-store",
      "content-type": "application/json",
      "retry-after": "1",
      "x-oidc-proxy-error": "rate_limited",
    });
  });

  it.each([[undefined], [{}]])("without a preset is one text: %j", async (route) => {
    expect(await answerRefusal(refusal, route).text()).toBe('{"error":"Rate limit exceeded"}');
  });

  it.each([
    [400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
    [401, "authentication_error", "invalid_request_error", "UNAUTHENTICATED"],
    [403, "permission_error", "invalid_request_error", "PERMISSION_DENIED"],
    [404, "not_found_error", "invalid_request_error", "NOT_FOUND"],
    [405, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
    [426, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"],
    [429, "rate_limit_error", "requests", "RESOURCE_EXHAUSTED"],
    [500, "api_error", "server_error", "INTERNAL"],
    [501, "api_error", "server_error", "UNIMPLEMENTED"],
    [502, "api_error", "server_error", "UNAVAILABLE"],
    [503, "api_error", "server_error", "UNAVAILABLE"],
    [504, "timeout_error", "server_error", "DEADLINE_EXCEEDED"],
    [599, "api_error", "server_error", "INTERNAL"],
  ])("with status %i is called what each API calls it", async (status, ...names) => {
    const kind = async (preset: PresetName, member: "type" | "status") => {
      const { error } = (await answerRefusal({ ...refusal, status }, { preset }).json()) as { error: object };
      return (error as Record<string, unknown>)[member];
    };
    expect(await Promise.all([kind("anthropic", "type"), kind("openai", "type"), kind("gemini", "status")])).toEqual(
      names,
    );
    expect(await kind("openrouter", "type")).toBe(names[0]);
  });

  it.each<[PresetName, number, Record<string, string | null>]>([
    ["huggingface", 401, { "x-error-code": "rate_limited", "x-error-message": "oidc-proxy: a ? and ??" }],
    ["huggingface", 502, { "x-error-code": "rate_limited", "x-error-message": "oidc-proxy: a ? and ??" }],
    ["npm", 401, { "npm-notice": "oidc-proxy: a ? and ??" }],
    ["npm", 404, { "npm-notice": null }],
  ])("of %s with status %i is in the headers that its clients show", (preset, status, headers) => {
    const answer = answerRefusal({ ...refusal, status, text: "a ü and \r\n" }, { preset });
    for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value);
  });
});

describe("a route that is known says how its refusals look", () => {
  const routes: [RouteOptions, ...RouteOptions[]] = [
    { prefix: "/claude", preset: "anthropic", key: "sk-secret" },
    { prefix: "/open", preset: "anthropic", allow: ["* /**"], websocket: true, key: "sk-secret" },
    { prefix: "/claude/npm", preset: "npm", key: "sk-secret" },
    { prefix: "/plain", upstream: "https://up.example", key: "sk-secret" },
  ];
  const ask = (path: string, init: RequestInit = {}, options: Partial<ProxyOptions> = {}) =>
    createProxy({ routes, authorize: "any", fetch: () => Promise.reject(new Error("gone")), ...options })(
      new Request(`https://proxy.example${path}`, init),
    );
  const messages = "/claude/v1/messages";
  const slow: ProxyOptions["fetch"] = (_, init) =>
    new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));

  it.each<[what: string, status: number, ask: () => Promise<Response>]>([
    ["a path that it does not allow", 404, () => ask("/claude/v1/files")],
    ["a path that could be another's", 404, () => ask("/claude/NPM/x")],
    [
      "a credential in the URL",
      404,
      () => ask("/open/0123456789abcdefg", { headers: { "x-api-key": "0123456789abcdefg" } }),
    ],
    ["a WebSocket", 426, () => ask(messages, { headers: { upgrade: "websocket" } })],
    ["a WebSocket that is no GET", 404, () => ask("/open/x", { method: "POST", headers: { upgrade: "websocket" } })],
    ["no credential", 401, () => ask(messages, { method: "POST" }, { authorize: () => undefined })],
    [
      "a caller who may not",
      403,
      () => ask(messages, { method: "POST", headers: { "x-api-key": "k" } }, { authorize: (() => false) as never }),
    ],
    ["an upstream that is gone", 502, () => ask(messages, { method: "POST" })],
    ["an upstream that is silent", 504, () => ask(messages, { method: "POST" }, { fetch: slow, upstreamTimeoutMs: 1 })],
  ])("%s", async (_, status, refused) => {
    const answer = await refused();
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      type: "error",
      error: {
        message: expect.stringMatching(/^oidc-proxy: /),
        details: { error_code: answer.headers.get("x-oidc-proxy-error") },
      },
    });
  });

  it("a method that no route takes", () => {
    const request = { method: "TRACE", url: "https://proxy.example/claude", headers: new Headers() } as Request;
    expect(() => createRouter(routes).match(request)).toThrow(
      expect.objectContaining({ code: "method_not_allowed", route: routes[0] }),
    );
    const elsewhere = { ...request, url: "https://proxy.example/elsewhere" };
    expect(() => createRouter(routes).match(elsewhere)).toThrow(
      expect.not.objectContaining({ route: expect.anything() }),
    );
  });

  it.each([["/nowhere"], ["/plain/x"], ["/claude/%zz"]])("but %s is answered plainly", async (path) => {
    const answer = await ask(path);
    expect(Object.keys((await answer.json()) as object)).toEqual(["error"]);
  });

  it("to onError, too, whatever threw", async () => {
    const told: unknown[] = [];
    const onError: ProxyOptions["onError"] = (_, route) => {
      told.push(route);
      return undefined;
    };
    await ask(messages, { method: "POST" }, { authorize: () => undefined, onError });
    await ask(messages, { method: "POST" }, { onError });
    await ask("/claude/v1/files", {}, { onError });
    await ask("/elsewhere", {}, { onError });
    expect(told).toEqual([routes[0], routes[0], routes[0], undefined]);
  });
});

it("every preset has a shape", () => {
  expect(Object.keys(bodies).sort()).toEqual(Object.keys(presets).sort());
});
