import type { Upstream } from "@org/testkit/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLlmUpstream } from "./llm-upstream.ts";

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startLlmUpstream({ apiKey: "sk-test", chunkMs: 0 });
});
afterAll(() => upstream.close());

const key = { "x-api-key": "sk-test" };

// What it answers to a good request is shown with the real SDKs, in clients.test.ts.
it.each<[string, string, RequestInit, number, unknown]>([
  ["no key", "/v1/messages", { method: "POST" }, 401, { error: { type: "authentication_error" } }],
  ["a wrong key", "/v1/models", { headers: { authorization: "Bearer sk-other" } }, 401, {}],
  ["a body that is not JSON", "/v1/messages", { method: "POST", headers: key, body: "{" }, 400, { type: "error" }],
  ["a body that is no object", "/v1/chat/completions", { method: "POST", headers: key, body: "null" }, 400, {}],
  ["a query", "/v1/messages?beta=true", { method: "POST", headers: key, body: "{}" }, 200, { type: "message" }],
  [
    "the key as a Bearer token",
    "/v1/models",
    { headers: { authorization: "Bearer sk-test" } },
    200,
    { object: "list" },
  ],
  ["another path", "/v1/embeddings?a", { headers: key }, 200, { method: "GET", url: "/v1/embeddings?a" }],
])("answers %s", async (_name, path, init, status, body) => {
  const answer = await fetch(upstream.url + path, init);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject(body as object);
});
