import { describe, expect, it } from "vitest";
import { OidcVerifyError, readBearer } from "./index.ts";

const both = (value: string) => [new Headers({ authorization: value }), { authorization: value }];

describe("readBearer", () => {
  it.each([
    ["Bearer a.b.c", "a.b.c"],
    ["bearer a.b.c", "a.b.c"],
    ["BEARER   a.b.c", "a.b.c"],
    ["Bearer a", "a"],
    // What is no token is for the verifier to refuse.
    ["Bearer a.b.c, Bearer d.e.f", "a.b.c, Bearer d.e.f"],
  ])("reads %j", (value, token) => {
    for (const headers of both(value)) expect(readBearer({ headers })).toBe(token);
  });

  it("reads a Request, and a plain object whose names have any case", () => {
    const request = new Request("https://a.example", { headers: { authorization: "Bearer a.b.c" } });
    expect(readBearer(request)).toBe("a.b.c");
    expect(readBearer({ headers: { host: "a", Authorization: "Bearer a.b.c" } })).toBe("a.b.c");
  });

  it.each([
    "",
    "Bearer",
    "Bearer ",
    "Basic YTpi",
    "a.b.c",
    "Bearera.b.c",
    "Token a.b.c",
    "a Bearer a.b.c",
    `Bearer${" ".repeat(16_000)}`,
  ])("finds none in %j", (value) => {
    for (const headers of [
      ...both(value),
      ...[
        {},
        null as never,
        { authorization: [value] },
        { authorization: undefined },
        { authorization: "Bearer a.b.c\nd" },
      ],
    ]) {
      const expected = { code: "missing_token", status: 401, message: "Missing authentication" };
      expect(() => readBearer({ headers })).toThrow(expect.objectContaining(expected));
      expect(() => readBearer({ headers })).toThrow(OidcVerifyError);
    }
  });
});
