import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RouteOptions } from "./route.ts";
import { createRouter } from "./router.ts";

const upstream = "https://up.example";
const key = "sk-secret";

const matchedBy = (routes: RouteOptions[], url: string, method = "GET") =>
  createRouter(routes).match(new Request(url, { method })).route;
const at = (place: { prefix?: string; host?: string }): RouteOptions => ({ ...place, upstream, key });

const refused = expect.objectContaining({ code: "route_not_allowed", message: "Route not allowed" });

describe("match", () => {
  const routes = ["/a", "/", "/a/b", "/ab", "/a/b/c"].map((prefix) => at({ prefix }));

  it.each([
    ["/", "/"],
    ["/x", "/"],
    ["/a", "/a"],
    ["/a/", "/a"],
    ["/a/x", "/a"],
    ["/a/b", "/a/b"],
    ["/a/bc", "/a"],
    ["/a/b/c/d", "/a/b/c"],
    ["/ab", "/ab"],
    ["/abc", "/"],
    ["/a?/b", "/a"],
    ["/a//x", "/a"],
    ["/a/%62c", "/a"],
    ["/a/x%2fb", "/a"],
    ["/x//y%20;z", "/"],
  ])("%s goes to the route at %s, in whatever order they are given", (path, prefix) => {
    for (const order of [routes, routes.toReversed()]) {
      expect(matchedBy(order, `https://proxy.example${path}`).prefix).toBe(prefix);
    }
  });

  it.each([
    ...["/%61", "/%61/b", "/a/%62", "/a%2fb", "/%61%2Fb", "/a/%62%2fc", "/a%5Cb", "/a%252fb", "/%2561", "/a/b%2fc"],
    ...["//a", "/a//b", "/a/b//c", "/a///b/x", "/%2fa", "/a%2f%2fb"],
    ...["/a;v=1", "/;v/a", "/a;/b", "/a%3b/b", "/a%3Fx", "/a%23x/y", "/a%253fx"],
    ...["/a%20", "/a.", "/a%2e", "/%20a/b", "/a/b.%20.", "/a%00", "/a/b%0a/c", "/%09a", "/a%0d/b", "/a/%62%7f"],
    ...["/A", "/a/B/c", "/%41", "/\uff41", "/a\uff0fb", "/a%EF%BC%8Fb"],
  ])("%s, which may be another route's, is refused", (path) => {
    for (const order of [routes, routes.toReversed()]) {
      expect(() => matchedBy(order, `https://proxy.example${path}`)).toThrow(refused);
    }
  });

  it("whatever it holds, a path that passes is of the same route in each reading", () => {
    const router = createRouter(routes);
    const piece = fc.constantFrom(
      ..."/abcx;.A",
      "%2f",
      "%5C",
      "%61",
      "%62",
      "%2561",
      "%3b",
      "%3f",
      "//",
      "%20",
      "\uff41",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = `/${pieces.join("")}`;
        const prefix = prefixOf(() => router.match({ method: "GET", url: `https://proxy.example${path}` } as Request));
        if (prefix === undefined) return;
        const separated = decodeURIComponent(path.replace(/%5c/gi, "/"));
        const opaque = decodeURIComponent(path.replace(/%(?:2f|5c)/gi, "_"));
        for (const reading of [path, separated, opaque, separated.replace(/\/+/g, "/"), separated.toLowerCase()]) {
          expect(longestPrefix(reading)).toBe(prefix);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("a path that may be read as another route's is nobody's business if that is for another host", () => {
    const routes = [at({}), at({ host: "one.example", prefix: "/a" })];
    expect(matchedBy(routes, "https://two.example//a")).toBe(routes[0]);
    expect(() => matchedBy(routes, "https://one.example//a")).toThrow(refused);
  });

  it("prefixes that careless readers confuse are told apart as they are written", () => {
    const routes = [at({ prefix: "/A" }), at({ prefix: "/a" }), at({ prefix: "/a;v=1" }), at({ prefix: "/a/b" })];
    for (const route of routes) expect(matchedBy(routes, `https://proxy.example${route.prefix}/x`)).toBe(route);
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
    const routes = [{ ...at({ prefix: "/openai" }), allow: ["POST /v1/responses", "HEAD /"] }];
    const ask = (path: string, method: string) => matchedBy(routes, `https://proxy.example${path}`, method);
    expect(ask("/openai/v1/responses", "POST")).toBe(routes[0]);
    expect(ask("/openai", "HEAD")).toBe(routes[0]);
    expect(() => ask("/v1/responses", "POST")).toThrow(refused);
    expect(() => ask("/openai/v1/responses", "GET")).toThrow(refused);
    expect(() => ask("/openai/v1/files", "POST")).toThrow(refused);
  });

  it("judges a method that the query names as the request's own, where only some are allowed", () => {
    const routes = [{ ...at({}), allow: ["POST /a", "PATCH /a", "* /any"] }];
    const ask = (target: string) => matchedBy(routes, `https://proxy.example${target}`, "POST");
    expect(ask("/a?_method=patch")).toBe(routes[0]);
    expect(ask("/any?_method=DELETE")).toBe(routes[0]);
    expect(() => ask("/a?_method=DELETE")).toThrow(refused);
    expect(() => ask("/a?_method=PATCH&_method=DELETE")).toThrow(refused);
    expect(() => ask("/a?$httpHeaders=x-http-method-override:DELETE")).toThrow(refused);
    expect(matchedBy([at({})], "https://proxy.example/a?_method=DELETE", "POST")).toBeDefined();
  });

  it.each(["TRACE", "TRACK", "CONNECT"])("refuses %s", (method) => {
    // No Request can be made with these; a server may hand one over all the same.
    const request = { method, url: "https://proxy.example/", headers: new Headers() } as Request;
    const refused = expect.objectContaining({ code: "method_not_allowed", message: "Method not allowed" });
    expect(() => createRouter([at({})]).match(request)).toThrow(refused);
  });
});

function prefixOf(match: () => { route: RouteOptions }): string | undefined {
  try {
    return match().route.prefix;
  } catch {
    return undefined;
  }
}

/** Of the routes above, by the plainest of rules. */
function longestPrefix(path: string): string {
  return ["/a/b/c", "/a/b", "/ab", "/a"].find((prefix) => `${path}/`.startsWith(`${prefix}/`)) ?? "/";
}

describe("createRouter", () => {
  it.each([
    ["no routes", []],
    ["two routes at one prefix", [at({ prefix: "/a" }), at({ prefix: "/a/" })]],
    ["two routes at one host", [at({ host: "a.example" }), at({ host: "A.example" })]],
  ])("%s is a TypeError", (_, routes) => {
    expect(() => createRouter(routes)).toThrow(TypeError);
  });

  it("says which route cannot be made", () => {
    expect(() => createRouter([at({}), at({ prefix: "a" })])).toThrow(/^routes\[1\]: prefix must be/);
    expect(() => createRouter([at({}), at({ prefix: "/a" }), at({})])).toThrow("routes 0 and 2 have the same");
  });

  it.each([{ replayBytes: -1 }, { replayBytes: 0.5 }, { upstreamTimeoutMs: 0 }, { upstreamTimeoutMs: Number.NaN }])(
    "%j is a TypeError",
    (options) => {
      expect(() => createRouter([at({})], options)).toThrow(TypeError);
    },
  );
});
