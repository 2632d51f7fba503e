import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProxyError } from "./errors.ts";
import { readTarget } from "./request-target.ts";

describe("readTarget", () => {
  it("splits without changing a byte", () => {
    expect(readTarget("http://Proxy.Example:8080//a%2Fb/é;x?a=b?c&'#fragment")).toEqual({
      origin: "http://Proxy.Example:8080",
      host: "proxy.example:8080",
      path: "//a%2Fb/é;x",
      query: "?a=b?c&'",
    });
  });

  it.each([
    ["no path", "http://proxy.example"],
    ["the server itself", "http://proxy.example*"],
    ["a query without a path", "http://proxy.example?x"],
    ["another scheme", "ftp://proxy.example/"],
    ["a user", "http://user@proxy.example/"],
    ["a host that hides a path", "http://a\\b/"],
    ["a backslash", "http://proxy.example/a\\b"],
    ["a blank", "http://proxy.example/a b"],
    ["a tab, which parsers drop", "http://proxy.example/.\t./b"],
    ["a line feed in the query", "http://proxy.example/?a\nb"],
    ["lost bytes", "http://proxy.example/\ufffd"],
    ["dots", "http://proxy.example/a/../b"],
    ["encoded dots", "http://proxy.example/a/%2E%2e"],
    ["an encoded slash and dots", "http://proxy.example/a%2f..%2Fb"],
    ["dots with a parameter", "http://proxy.example/..;a/b"],
    ["dots, encoded thrice", "http://proxy.example/%25252e%25252e/b"],
  ])("refuses %s", (_, url) => {
    expect(() => readTarget(url)).toThrow(expect.objectContaining({ code: "route_not_allowed" }));
  });

  it("leaves nothing that a URL parser would take out of the base path or to another host", () => {
    const unit = fc.constantFrom(..."/\\.;%@:?#25ef a\t", "..", "%2e", "%2f", "%5c", "//", "é", "%25");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        const { path, query } = catching(() => readTarget(`http://proxy.example/${text}`)) ?? { path: "/", query: "" };
        const url = new URL(`https://up.example/base${path}${query}`);
        expect(url.host).toBe("up.example");
        expect(`${decoded(url.pathname)}/`).toMatch(/^\/base\//);
        expect(`${decoded(url.pathname)}/`).not.toMatch(/\/\.\.?(?:\/|;)/);
      }),
      { numRuns: 5000 },
    );
  });
});

function catching<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProxyError) return undefined;
    throw error;
  }
}

/** As read by the most careless of upstreams: until nothing is left to decode, backslashes as slashes. */
function decoded(path: string): string {
  const once = path.replace(/%(?:2e|2f|5c|25|3b)/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  return once === path ? path.replaceAll("\\", "/") : decoded(once);
}
