import { expect, it } from "vitest";
import { entrancesOf } from "./routes.ts";

it.each<[object, object]>([
  [
    { prefix: "/a", allow: ["POST /v1/builds", "GET /v1/builds/*"] },
    { method: "GET", path: "/a/v1/builds/x" },
  ],
  [
    { prefix: "/a", allow: ["POST /v1/**"] },
    { method: "POST", path: "/a/v1/x" },
  ],
  [{ allow: ["* /v1"] }, { method: "GET", path: "/v1" }],
  [{ prefix: "/a" }, { method: "GET", path: "/a/" }],
  [
    { prefix: "/a", preset: "openai" },
    { method: "GET", path: expect.stringMatching(/^\/a\/v1\//) },
  ],
  [
    { prefix: "/a", preset: "constructor" },
    { method: "GET", path: "/a/" },
  ],
  [
    { host: "api.example", trust: [] },
    { path: "/", host: "api.example", isTrustItsOwn: true },
  ],
])("%j lets a request through like %j", (route, entrance) => {
  expect(entrancesOf(JSON.stringify([route]))).toEqual([expect.objectContaining(entrance)]);
});

it.each(["[", "{}", "null", "[1, null]"])("what cannot be read has no entrance: %s", (setting) => {
  expect(entrancesOf(setting)).toEqual([]);
});
