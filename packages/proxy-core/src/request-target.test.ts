import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProxyError } from "./errors.ts";
import { readTarget } from "./request-target.ts";

describe("readTarget", () => {
  it("splits without changing a byte", () => {
    expect(readTarget("http://Proxy.Example:8080//a%2Fb/é;x?a=b?c&'%zz%#fragment")).toEqual({
      origin: "http://Proxy.Example:8080",
      host: "proxy.example:8080",
      path: "//a%2Fb/é;x",
      decodedPath: "//a/b/é;x",
      query: "?a=b?c&'%zz%",
    });
  });

  it.each([
    ["/100%25", "/100%"],
    ["/100%25%20off", "/100% off"],
    ["/%25zz", "/%zz"],
    ["/https%253A%252F%252Fa.example%252F", "/https://a.example/"],
    ["/%E2%82%ac", "/€"],
    ["/...", "/..."],
    ["/a%2f.b/..c/d..", "/a/.b/..c/d.."],
    ["/a%3fb", "/a?b"],
  ])("%s is read as %s, in the end", (path, decodedPath) => {
    expect(readTarget(`http://proxy.example${path}`)).toMatchObject({ path, decodedPath });
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
    ["dots, encoded twice in another way", "http://proxy.example/%25%32%65%25%32%65/b"],
    ["dots, encoded differently", "http://proxy.example/.%25%32%65/b"],
    ["dots ended by an encoded question mark", "http://proxy.example/a/..%3f"],
    ["dots ended by an encoded number sign", "http://proxy.example/a/..%23x"],
    ["a dot ended by a question mark, encoded twice", "http://proxy.example/a/.%253fx"],
    ["dots with an encoded tab between", "http://proxy.example/a/.%09./b"],
    ["dots after a blank", "http://proxy.example/a/%20../b"],
    ["dots after an encoded backslash", "http://proxy.example/a%255c.."],
    ["wide dots", "http://proxy.example/a/\uff0e\uff0e/b"],
    ["wide dots, encoded", "http://proxy.example/a/%EF%BC%8E./b"],
    ["dots after a wide slash", "http://proxy.example/a\uff0f../b"],
    ["two dots in one character", "http://proxy.example/a/\u2025/b"],
    ["a lone percent sign", "http://proxy.example/100%"],
    ["half an encoding", "http://proxy.example/a%2"],
    ["an encoding of no number", "http://proxy.example/%zz"],
    ["an encoded encoding without its percent sign", "http://proxy.example/%%32%65%%32%65/b"],
    ["an encoding of old servers", "http://proxy.example/%u002e%u002e/b"],
    ["the same, encoded", "http://proxy.example/%25u002e%25u002e/b"],
    ["overlong UTF-8", "http://proxy.example/%c0%ae%c0%ae/b"],
    ["overlong UTF-8 of three bytes", "http://proxy.example/%e0%80%ae/b"],
    ["overlong UTF-8, encoded twice", "http://proxy.example/%25c0%25ae/b"],
    ["half a surrogate pair", "http://proxy.example/%ed%a0%80"],
    ["an encoded byte that is no UTF-8", "http://proxy.example/%e9"],
    ["a character in half", "http://proxy.example/%C3x%A9"],
    ["an encoding that stays malformed when decoded", "http://proxy.example/%25zz%2541"],
    ["what is encoded too often", "http://proxy.example/%252525252541"],
  ])("refuses %s", (_, url) => {
    expect(() => readTarget(url)).toThrow(expect.objectContaining({ code: "route_not_allowed" }));
  });

  it("takes no time that grows faster than the URL", () => {
    const units = ["%25", "/..a", "%2525252e", ";", "/;", "/%20", "%c3%a9", "/a%2f", ".", "\u0300\u0316", "%253b"];
    const started = performance.now();
    for (const unit of units)
      for (const end of ["", "/..", "%"])
        catching(() => readTarget(`http://a/${unit.repeat(16_000 / unit.length)}${end}`));
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("decodes four times, and refuses what is an encoding still", () => {
    const encoded = (times: number) => `http://a/%${"25".repeat(times - 1)}61`;
    expect(readTarget(encoded(4)).decodedPath).toBe("/a");
    expect(() => readTarget(encoded(5))).toThrow("Route not allowed");
  });

  it("leaves nothing that a URL parser would take out of the base path or to another host", () => {
    const unit = fc.constantFrom(
      ..."/\\.;%@:?#25ef a\t",
      "..",
      "%2e",
      "%32",
      "%3f",
      "\uff0e",
      "%2f",
      "%5c",
      "//",
      "é",
      "%25",
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        const { path, query } = catching(() => readTarget(`http://proxy.example/${text}`)) ?? { path: "/", query: "" };
        const url = new URL(`https://up.example/base${path}${query}`);
        expect(url.host).toBe("up.example");
        expect(`${decoded(url.pathname)}/`).toMatch(/^\/base\//);
        expect(`${decoded(url.pathname)}/`).not.toMatch(/\/\.\.?(?:\/|;|\?)/);
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
  const once = path.replace(/%(?:2e|2f|5c|25|3b|3f|32)/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
  return once === path ? path.replaceAll("\\", "/") : decoded(once);
}
