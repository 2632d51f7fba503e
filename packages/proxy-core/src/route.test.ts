import { describe, expect, it } from "vitest";
import { type PresetName, presets } from "./presets.ts";
import { prepareRoute, type RouteOptions } from "./route.ts";

const fine: RouteOptions = { upstream: "https://up.example/v1/", key: "sk-secret" };
const prepare = (options: object) => prepareRoute({ ...fine, ...options } as RouteOptions, 1000, "routes[0]");

describe("prepareRoute", () => {
  it("takes what is not said from the defaults", () => {
    expect(prepare({})).toMatchObject({
      upstream: "https://up.example/v1",
      basePath: "/v1",
      prefix: "",
      host: "",
      name: "/",
      keys: ["sk-secret"],
      authHeader: "authorization",
      authPrefix: "",
      timeoutMs: 1000,
    });
  });

  it("takes a header without a value", () => {
    expect(prepare({ headers: { "X-A": "" } }).headers).toEqual([["x-a", ""]]);
  });

  it("takes the longest time that a timer can count", () => {
    expect(prepare({ upstreamTimeoutMs: 2 ** 31 - 1 }).timeoutMs).toBe(2 ** 31 - 1);
  });

  it.each([
    ["auth-header-host", { authHeader: "Host" }],
    ["auth-header-of-the-connection", { authHeader: "Connection" }],
    ["auth-header-length", { authHeader: "content-length" }],
    ["header-of-the-connection", { headers: { "Transfer-Encoding": "chunked" } }],
    ["upstream-missing", { upstream: undefined }],
    ["upstream-plain-http", { upstream: "http://up.example" }],
    ["upstream-like-loopback", { upstream: "http://127.0.0.1.evil.example" }],
    ["upstream-other-scheme", { upstream: "ftp://up.example" }],
    ["upstream-with-user", { upstream: "https://user:pass@up.example" }],
    ["upstream-with-query", { upstream: "https://up.example/?a" }],
    ["upstream-with-fragment", { upstream: "https://up.example/#a" }],
    ["upstream-no-url", { upstream: "up.example" }],
    ["key-missing", { key: undefined }],
    ["key-empty", { key: "" }],
    ["key-with-line-feed", { key: "sk\nx: y" }],
    ["key-second-empty", { key: ["a", ""] }],
    ["keys-none", { key: [] }],
    ["auth-header-no-name", { authHeader: "x api key" }],
    ["auth-prefix-with-line-feed", { authPrefix: "Bearer\n" }],
    ["prefix-without-slash", { prefix: "openai" }],
    ["prefix-with-query", { prefix: "/a?b" }],
    ["prefix-encoded", { prefix: "/%61" }],
    ["prefix-with-star", { prefix: "/a*" }],
    ["prefix-with-fragment", { prefix: "/a#b" }],
    ["prefix-with-backslash", { prefix: "/a\\b" }],
    ["prefix-with-blank", { prefix: "/a b" }],
    ["prefix-with-empty-segment", { prefix: "/a//b" }],
    ["prefix-dot", { prefix: "/./a" }],
    ["prefix-dots-at-the-end", { prefix: "/a/.." }],
    ["host-with-path", { host: "a.example/x" }],
    ["header-no-name", { headers: { "a b": "1" } }],
    ["header-named-twice", { headers: { "X-A": "1", "x-a": "2" } }],
    ["header-of-the-key", { headers: { Authorization: "Bearer another" } }],
    [
      "header-of-the-key-in-another-case",
      { authHeader: "DD-API-KEY", headers: { "dd-api-key": { secret: "another" } } },
    ],
    ["header-of-the-preset's-key", { preset: "anthropic", headers: { "X-Api-Key": "another" } }],
    ["header-with-line-feed", { headers: { a: "1\r\nb: 2" } }],
    ["header-secret-empty", { headers: { a: { secret: "" } } }],
    ["header-secret-missing", { headers: { a: { prefix: "Bearer " } } }],
    ["header-secret-with-line-feed", { headers: { a: { secret: "sk-secret\n" } } }],
    ["header-secret-with-blank", { headers: { a: { secret: "sk-secret two" } } }],
    ["header-secret-no-text", { headers: { a: { secret: ["sk-secret"] } } }],
    ["header-prefix-with-line-feed", { headers: { a: { secret: "sk-secret", prefix: "Bearer\n" } } }],
    ["header-prefix-no-text", { headers: { a: { secret: "sk-secret", prefix: 5 } } }],
    ["header-no-text", { headers: { a: 5 } }],
    ["header-null", { headers: { a: null } }],
    ["cookies-other-word", { cookies: "block" }],
    ["cookies-boolean", { cookies: true }],
    ["allow-no-rule", { allow: ["/v1"] }],
    ["timeout-zero", { upstreamTimeoutMs: 0 }],
    ["timeout-fraction", { upstreamTimeoutMs: 1.5 }],
    ["timeout-beyond-timers", { upstreamTimeoutMs: 2 ** 31 }],
    ["preset-unknown", { preset: "toString" }],
  ])("%s is a TypeError that does not repeat the key", (_, options) => {
    expect(() => prepare(options)).toThrow(TypeError);
    expect(() => prepare(options)).not.toThrow(/sk-secret/);
  });

  it.each(["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1/v1"])("%s may be plain http", (upstream) => {
    expect(prepare({ upstream }).upstream).toBe(upstream);
  });
});

describe("presets", () => {
  const names = Object.keys(presets) as PresetName[];

  it.each(names)("%s makes a route", (preset) => {
    const upstream = presets[preset].upstream ?? "https://mine.openai.azure.com";
    const route = prepareRoute({ preset, key: "k", upstream }, 1000, "routes[0]");
    expect(route.upstream).toBe(upstream);
    expect(route.allows("DELETE", "/v1/files/1")).toBe(false);
  });

  it("a route's own options win", () => {
    const route = prepare({ preset: "openai", authHeader: "X-Key", authPrefix: "", allow: ["GET /x"] });
    expect(route).toMatchObject({ upstream: "https://up.example/v1", authHeader: "x-key", authPrefix: "" });
    expect([route.allows("GET", "/x"), route.allows("GET", "/v1/models")]).toEqual([true, false]);
  });

  it("a preset without an address asks for one", () => {
    expect(() => prepareRoute({ preset: "azure-openai", key: "k" }, 1000, "routes[0]")).toThrow(/upstream/);
    expect(() => prepare({ preset: "claude" })).toThrow(/preset must be one of anthropic, .*, npm/);
  });
});
