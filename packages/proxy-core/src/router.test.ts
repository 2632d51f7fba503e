import { describe, expect, it } from "vitest";
import type { RouteOptions } from "./route.ts";
import { createRouter } from "./router.ts";

const upstream = "https://up.example";
const key = "sk-secret";

const matchedBy = (routes: RouteOptions[], url: string, method = "GET") =>
  createRouter(routes).match(new Request(url, { method })).route;
const at = (place: { prefix?: string; host?: string }): RouteOptions => ({ ...place, upstream, key });

describe("match", () => {
  const routes = ["/a", "/", "/a/b", "/ab", "/a/b/c"].map((prefix) => at({ prefix }));

  it.each([
    ["/", "/"],
    ["/x", "/"],
    ["/a", "/a"],
    ["/a/", "/a"],
    ["/a/x", "/a"],
    ["/a//b", "/a"],
    ["/a/b", "/a/b"],
    ["/a/bc", "/a"],
    ["/a/b/c/d", "/a/b/c"],
    ["/ab", "/ab"],
    ["/abc", "/"],
    ["/A", "/"],
    ["/%61", "/"],
    ["/a?/b", "/a"],
  ])("%s goes to the route at %s, in whatever order they are given", (path, prefix) => {
    for (const order of [routes, routes.toReversed()]) {
      expect(matchedBy(order, `https://proxy.example${path}`).prefix).toBe(prefix);
    }
  });

  it.each([
    ["https://one.example/x", "one.example"],
    ["https://ONE.example:8443/x", "one.example"],
    ["https://one.example/a/x", "one.example/a"],
    ["https://two.example:8443/x", "two.example:8443"],
    ["https://two.example/x", "any"],
    ["https://one.example.evil.example/x", "any"],
  ])("%s goes to %s", (url, name) => {
    const routes = [
      { name: "any", ...at({}) },
      { name: "one.example/a", ...at({ host: "one.example", prefix: "/a" }) },
      { name: "one.example", ...at({ host: "One.Example" }) },
      { name: "two.example:8443", ...at({ host: "two.example:8443" }) },
    ];
    expect(matchedBy(routes, url).name).toBe(name);
  });

  it("gives back the very object that came in", () => {
    const route = { ...at({}), limits: { perToken: 5 } };
    const match = createRouter([route]).match(new Request("https://proxy.example/"));
    expect(match.route).toBe(route);
    expect(match.route.limits.perToken).toBe(5);
  });

  it("refuses what no route answers, or its allow list does not hold", () => {
    const refused = expect.objectContaining({ code: "route_not_allowed", message: "Route not allowed" });
    const routes = [{ ...at({ prefix: "/openai" }), allow: ["POST /v1/responses", "HEAD /"] }];
    const ask = (path: string, method: string) => matchedBy(routes, `https://proxy.example${path}`, method);
    expect(ask("/openai/v1/responses", "POST")).toBe(routes[0]);
    expect(ask("/openai", "HEAD")).toBe(routes[0]);
    expect(() => ask("/v1/responses", "POST")).toThrow(refused);
    expect(() => ask("/openai/v1/responses", "GET")).toThrow(refused);
    expect(() => ask("/openai/v1/files", "POST")).toThrow(refused);
  });

  it.each(["TRACE", "TRACK", "CONNECT"])("refuses %s", (method) => {
    // No Request can be made with these; a server may hand one over all the same.
    const request = { method, url: "https://proxy.example/", headers: new Headers() } as Request;
    const refused = expect.objectContaining({ code: "method_not_allowed", message: "Method not allowed" });
    expect(() => createRouter([at({})]).match(request)).toThrow(refused);
  });
});

describe("createRouter", () => {
  it.each([
    ["no routes", []],
    ["two routes at one prefix", [at({ prefix: "/a" }), at({ prefix: "/a/" })]],
    ["two routes at one host", [at({ host: "a.example" }), at({ host: "A.example" })]],
  ])("%s is a TypeError", (_, routes) => {
    expect(() => createRouter(routes)).toThrow(TypeError);
  });

  it.each([{ replayBytes: -1 }, { replayBytes: 0.5 }, { upstreamTimeoutMs: 0 }, { upstreamTimeoutMs: Number.NaN }])(
    "%j is a TypeError",
    (options) => {
      expect(() => createRouter([at({})], options)).toThrow(TypeError);
    },
  );
});
