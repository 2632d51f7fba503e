import { parseList } from "structured-headers";
import { describe, expect, it } from "vitest";
import type { LimitStatus } from "./limiter.ts";
import { rateLimitFields } from "./ratelimit-fields.ts";

const token: LimitStatus = { name: "token", limit: 200, remaining: 143 };
const rate: LimitStatus = { name: "rate", limit: 2, remaining: 1, windowMs: 1000, resetMs: 640 };
const odd: LimitStatus = { name: "a.b:c_d-1", limit: 999_999_999_999_999, remaining: 0, windowMs: 1500, resetMs: 1500 };

/** Name and parameters of each member, as a client's parser sees them. */
const parse = (field: string) => parseList(field).map(([name, parameters]) => [name, Object.fromEntries(parameters)]);

it("is what the draft shows", () => {
  expect(rateLimitFields([token, rate])).toEqual({
    "RateLimit-Policy": '"token";q=200, "rate";q=2;w=1',
    RateLimit: '"token";r=143, "rate";r=1;t=1',
  });
});

it("is a structured-field list of strings with integer parameters, in whole seconds rounded up", () => {
  const fields = rateLimitFields([token, rate, odd]);
  expect(parse(fields["RateLimit-Policy"])).toEqual([
    ["token", { q: 200 }],
    ["rate", { q: 2, w: 1 }],
    ["a.b:c_d-1", { q: 999_999_999_999_999, w: 2 }],
  ]);
  expect(parse(fields.RateLimit)).toEqual([
    ["token", { r: 143 }],
    ["rate", { r: 1, t: 1 }],
    ["a.b:c_d-1", { r: 0, t: 2 }],
  ]);
});

it("appends to a list that the upstream sent", () => {
  const { RateLimit } = rateLimitFields([token]);
  expect(parse(`"requests";r=7;t=30, ${RateLimit}`)).toEqual([
    ["requests", { r: 7, t: 30 }],
    ["token", { r: 143 }],
  ]);
});

describe("what would be no valid field is a TypeError", () => {
  it.each([
    'a"b',
    'token";q=999, "x',
    "a\\",
    "a\r\nset-cookie: x=1",
    "a\nb",
    "a\tb",
    "a\0",
    "a\u007f",
    "\u00e9",
    "\u{1f600}",
    undefined,
    null,
    5,
    ["token"],
  ])("name %j", (name) => {
    expect(() => rateLimitFields([{ ...token, name } as LimitStatus])).toThrow(TypeError);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e15, "5", '1;x="y"', "1\r\nx: y", null, undefined, [5], 5n])(
    "limit or remaining %s",
    (value) => {
      expect(() => rateLimitFields([{ ...token, limit: value } as LimitStatus])).toThrow(/^limit must be/);
      expect(() => rateLimitFields([{ ...token, remaining: value } as LimitStatus])).toThrow(/^remaining must be/);
    },
  );

  it.each<[name: "windowMs" | "resetMs", value: unknown]>([
    ["windowMs", 0],
    ["windowMs", -1000],
    ["windowMs", Number.NaN],
    ["windowMs", 1e18],
    ["windowMs", "a"],
    ["resetMs", -1000],
    ["resetMs", Number.POSITIVE_INFINITY],
    ["resetMs", 1e18],
    ["resetMs", {}],
  ])("%s %s", (name, value) => {
    expect(() => rateLimitFields([{ ...rate, [name]: value } as LimitStatus])).toThrow(new RegExp(`^${name} must be`));
  });
});

it("every name and number that is a valid field is told", () => {
  const name = " !#$%&'()*+,-./:;<=>?@[]^_`{|}~aZ09";
  const { RateLimit } = rateLimitFields([{ name, limit: 0, remaining: 999_999_999_999_999, resetMs: 0 }]);
  expect(parse(RateLimit)).toEqual([[name, { r: 999_999_999_999_999, t: 0 }]]);
});
