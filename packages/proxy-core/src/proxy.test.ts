import { describe, expect, it } from "vitest";
import { ProxyError } from "./errors.ts";
import { createProxy, type ProxyOptions } from "./proxy.ts";

const upstream = "https://up.example";
const base: ProxyOptions = {
  routes: [{ upstream, key: "sk-secret", allow: ["GET /ok"] }],
  authorize: "any",
  fetch: async () => new Response("ok"),
};
const ask = (options: Partial<ProxyOptions>, path = "/ok", headers: Record<string, string> = {}) =>
  createProxy({ ...base, ...options })(new Request(`https://proxy.example${path}`, { headers }));

describe("createProxy", () => {
  it("asks authorize with the credential, the request and the route", async () => {
    const asked: unknown[] = [];
    const authorize: ProxyOptions["authorize"] = (credential, request, route) => {
      asked.push(credential, request.url, route === base.routes[0]);
    };
    expect((await ask({ authorize }, "/ok", { "x-api-key": "mine" })).status).toBe(200);
    expect(asked).toEqual(["mine", "https://proxy.example/ok", true]);
  });

  it("forwards nothing when authorize throws or rejects", async () => {
    let fetched = 0;
    const fetch = async () => {
      fetched++;
      return new Response();
    };
    const refuse = new Error("no");
    const refusals = [
      () => Promise.reject(refuse),
      () => {
        throw refuse;
      },
    ];
    for (const authorize of refusals) {
      await expect(ask({ authorize, fetch }, "/ok", { "x-api-key": "mine" })).rejects.toBe(refuse);
    }
    expect(fetched).toBe(0);
  });

  it.each<[what: string, verdict: unknown]>([
    ["false", false],
    ["true", true],
    ["null", null],
    ["what a verifier read", { claims: {} }],
    ["a promise of false", Promise.resolve(false)],
    ["a promise of what a verifier read", Promise.resolve({ claims: {} })],
  ])("forwards nothing when authorize answers %s", async (_, verdict) => {
    let fetched = 0;
    const fetch = async () => {
      fetched++;
      return new Response();
    };
    const authorize = (() => verdict) as ProxyOptions["authorize"];
    const answer = await ask({ authorize, fetch }, "/ok", { "x-api-key": "mine" });
    expect([answer.status, answer.headers.get("x-oidc-proxy-error"), fetched]).toEqual([403, "not_authorized", 0]);
  });

  it("forwards when authorize resolves to undefined", async () => {
    expect((await ask({ authorize: async () => {} }, "/ok", { "x-api-key": "mine" })).status).toBe(200);
  });

  it("answers with what onError makes of an error", async () => {
    const options = {
      authorize: () => Promise.reject(new Error("no")),
      onError: () => new Response(null, { status: 403 }),
    };
    expect((await ask(options, "/ok", { "x-api-key": "mine" })).status).toBe(403);
  });

  it("leaves to the default what onError does not answer", async () => {
    expect((await ask({ onError: () => undefined }, "/other")).status).toBe(404);
  });

  it.each<[code: string, status: number, text: string, options: Partial<ProxyOptions>, path: string]>([
    ["missing_token", 401, "Missing authentication", { authorize: () => {} }, "/ok"],
    ["not_authorized", 403, "Not authorized", { authorize: (() => false) as never }, "/ok"],
    ["route_not_allowed", 404, "Route not allowed", {}, "/other"],
    ["upstream_unreachable", 502, "Upstream unreachable", { fetch: () => Promise.reject(new Error("gone")) }, "/ok"],
    [
      "method_not_allowed",
      405,
      "Method not allowed",
      {
        authorize: () => {
          throw new ProxyError("method_not_allowed");
        },
      },
      "/ok",
    ],
    [
      "upstream_timeout",
      504,
      "Upstream timeout",
      {
        authorize: () => {
          throw new ProxyError("upstream_timeout");
        },
      },
      "/ok",
    ],
  ])("answers %s with %i", async (code, status, text, options, path) => {
    const answer = await ask(options, path, code === "missing_token" ? {} : { "x-api-key": "mine" });
    expect([answer.status, await answer.json()]).toEqual([status, { error: text }]);
    expect(answer.headers.get("x-oidc-proxy-error")).toBe(code);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("www-authenticate")).toBe(
      status === 401 ? 'Bearer realm="oidc-proxy", Basic realm="oidc-proxy"' : null,
    );
  });

  it("is not made without a decision on who may pass", () => {
    // @ts-expect-error
    const options: ProxyOptions = { routes: base.routes };
    expect(() => createProxy(options)).toThrow(TypeError);
  });
});
