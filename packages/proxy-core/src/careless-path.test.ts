import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carelessly, foldWidth } from "./careless-path.ts";

describe("carelessly", () => {
  it.each([
    ["/", ""],
    ["/a/b", "/a/b"],
    ["/a/b/", "/a/b"],
    ["//a///b//", "/a/b"],
    ["/A/bC", "/a/bc"],
    ["/a\\b", "/a/b"],
    ["/a?b/c", "/a"],
    ["/a/b#c", "/a/b"],
    ["/a;v=1/;w/b", "/a/b"],
    ["/a. ./ b /...", "/a/b"],
    ["/gpt-5.1/.well-known", "/gpt-5.1/.well-known"],
    ["/\uff41\uff0fb", "/a/b"],
    ["/caf\u00e9", "/caf\u00e9"],
  ])("%j is read as %j", (path, reading) => {
    expect(carelessly(path)).toBe(reading);
  });

  it("keeps every prefix of whole segments", () => {
    const path = fc.string({ unit: fc.constantFrom(..."/abA;. ?#\\é\uff0f"), maxLength: 8 }).map((text) => `/${text}`);
    fc.assert(
      fc.property(path, path, (prefix, rest) => {
        fc.pre(!/[?#]/.test(prefix));
        expect(`${carelessly(prefix + rest)}/`.startsWith(`${carelessly(prefix)}/`)).toBe(true);
      }),
    );
  });
});

describe("foldWidth", () => {
  it("replaces what Unicode holds compatible with other characters, and composes nothing", () => {
    expect(foldWidth("a\uff0f\uff0e\u2025\ufe68é")).toBe("a/...\\é");
    expect(foldWidth("e\u0301")).toBe("e\u0301");
  });
});
