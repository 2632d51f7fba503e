import { parseList } from "structured-headers";
import { expect, it } from "vitest";
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
