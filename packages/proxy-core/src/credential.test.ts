import { describe, expect, it } from "vitest";
import { readCallerHeaders, readCredential } from "./credential.ts";

const A = "aaaaaaaa.bbbb.cccc";
const B = "dddddddd.eeee.ffff";

const read = (headers: [string, string][]) =>
  readCredential(new Request("https://proxy.example/x?key=q&access_token=q", { headers }));

describe("readCredential", () => {
  it.each<[name: string, headers: [string, string][], credential: string]>([
    ["x-api-key", [["x-api-key", A]], A],
    ["a bearer", [["authorization", `Bearer ${A}`]], A],
    ["a bearer in any case", [["Authorization", `bEARER ${A}`]], A],
    ["a bearer with more blanks", [["authorization", `Bearer   ${A}  `]], A],
    ["api-key", [["api-key", A]], A],
    ["x-goog-api-key", [["x-goog-api-key", A]], A],
    [
      "the same value twice",
      [
        ["x-api-key", A],
        ["authorization", `Bearer ${A}`],
      ],
      A,
    ],
    [
      "x-api-key before all others",
      [
        ["authorization", `Bearer ${B}`],
        ["x-api-key", A],
        ["api-key", B],
      ],
      A,
    ],
    [
      "a bearer before the rest",
      [
        ["api-key", B],
        ["x-goog-api-key", B],
        ["authorization", `Bearer ${A}`],
      ],
      A,
    ],
    [
      "past an empty header",
      [
        ["x-api-key", ""],
        ["authorization", `Bearer ${A}`],
      ],
      A,
    ],
    [
      "past another scheme",
      [
        ["authorization", "Basic dTpw"],
        ["api-key", A],
      ],
      A,
    ],
    [
      "a header sent twice",
      [
        ["x-api-key", A],
        ["x-api-key", A],
      ],
      A,
    ],
    [
      "a bearer sent twice",
      [
        ["authorization", `Bearer ${A}`],
        ["authorization", `bearer ${A}`],
      ],
      A,
    ],
    [
      "a header sent twice with two values, as it is",
      [
        ["x-api-key", A],
        ["x-api-key", B],
      ],
      `${A}, ${B}`,
    ],
  ])("%s", (_, headers, credential) => {
    expect(read(headers)).toBe(credential);
  });

  it.each<[name: string, headers: [string, string][]]>([
    ["no header", []],
    [
      "only empty ones",
      [
        ["x-api-key", " "],
        ["authorization", "Bearer "],
      ],
    ],
    ["another scheme", [["authorization", "Basic dTpw"]]],
    ["a scheme that only begins alike", [["authorization", `BearerX ${A}`]]],
    ["no scheme", [["authorization", A]]],
    ["a proxy's credential", [["proxy-authorization", `Bearer ${A}`]]],
    ["a cookie", [["cookie", `token=${A}`]]],
    ["a subprotocol", [["sec-websocket-protocol", `openai-insecure-api-key.${A}`]]],
  ])("finds nothing in %s", (_, headers) => {
    expect(() => read(headers)).toThrow(
      expect.objectContaining({ code: "missing_token", message: "Missing authentication" }),
    );
  });
});

describe("what might be a secret", () => {
  const pieces = (count: number) => Array.from({ length: count }, (_, i) => `secret-number-${i}-of-many`).join(" ");

  it("is each piece of a credential header once, in whatever spelling the header's name is", () => {
    const headers = new Headers({
      "x-api-key": pieces(2),
      authorization: `Bearer ${pieces(1)}`,
      "X.Auth!Token": pieces(3),
    });
    expect([...readCallerHeaders(headers).secrets].sort()).toEqual(pieces(3).split(" "));
  });

  it("is no more than is worth a search", () => {
    expect(readCallerHeaders(new Headers({ "x-auth-token": pieces(32) })).secrets).toHaveLength(32);
    const refused = expect.objectContaining({ code: "route_not_allowed" });
    expect(() => readCallerHeaders(new Headers({ "x-auth-token": pieces(33) }))).toThrow(refused);
  });
});
