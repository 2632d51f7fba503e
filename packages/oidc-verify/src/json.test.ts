import { describe, expect, it } from "vitest";
import { freezeDeep, parseJson } from "./json.ts";

describe("JSON with one reading", () => {
  it.each([
    ["null"],
    ["-1.5e3"],
    ['"a:b"'],
    ["[]"],
    ['{"a":{"a":[{"a":1},{"a":2}]}}'],
    [' {"proto":1, "__proto":":"}\n'],
  ])("is read as JSON.parse does: %s", (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ["empty", ""],
    ["cut off", '{"SECRET":'],
    ["two values", '{"SECRET":1}{}'],
    ["a trailing comma", '["SECRET",]'],
    ["a byte order mark", '\uFEFF["SECRET"]'],
    ["undefined", undefined],
    ["a number, which is no text", 1],
    ["an object that has a text", { toString: () => "{}" }],
    ["a name twice", '{"SECRET":1,"SECRET":1}'],
    ["a name twice, spelt with escapes", '{"aSECRET":1,"\\u0061SECRET":2}'],
    ["a name twice, in depth", '{"x":[[{"y":{"SECRET":1,"z":2,"SECRET":3}}]]}'],
    ["a name twice, behind strings that look like members", '{"a\\"":"\\\\","b":"\\":","a\\"":"SECRET"}'],
    ["a member __proto__", '{"__proto__":{"SECRET":1}}'],
    ["a member __proto__, in depth", '[{"a":[{"__proto__":null,"SECRET":1}]}]'],
    ["a member __proto__, spelt with escapes", '{"\\u005f_proto\\u005F_":"SECRET"}'],
  ])("is refused: %s, and not quoted", (_, text) => {
    const read = () => parseJson(text as string);
    expect(read).toThrow(SyntaxError);
    expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining("SECRET") }));
  });

  it("is read and refused at any depth", () => {
    const nest = (inner: string) => "[".repeat(100_000) + inner + "]".repeat(100_000);
    expect(parseJson(nest('{"a":1}'))).toBeDefined();
    expect(() => parseJson(nest('{"a":1,"a":1}'))).toThrow(SyntaxError);
  });
});

it("freezes to the bottom, and counts what it meets there", () => {
  const value = { a: [1, { b: null }], c: "d" };
  expect(freezeDeep(value)).toEqual({ members: 5, objects: 2 });
  expect([value, value.a, value.a[1]].every(Object.isFrozen)).toBe(true);
});
