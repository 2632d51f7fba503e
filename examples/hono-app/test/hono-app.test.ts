import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { startUpstream, type Upstream } from "@org/testkit/node";
import type { Hono } from "hono";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createApp } from "../src/app.ts";

let issuer: IssuerServer;
let upstream: Upstream;
let app: Hono;

beforeAll(async () => {
  issuer = await startIssuer({ audience: "my-app" });
  upstream = await startUpstream();
  app = createApp({
    issuer: issuer.url,
    audience: "my-app",
    owner: "octo-org",
    openai: { upstream: `${upstream.url}/openai`, key: "sk-openai-key" },
    anthropic: { upstream: `${upstream.url}/anthropic`, key: "sk-anthropic-key" },
  });
});
afterAll(() => Promise.all([issuer.close(), upstream.close()]));

const post = (path: string, token: string) =>
  app.request(path, { method: "POST", body: "{}", headers: { authorization: `Bearer ${token}` } });

it.each([
  ["/llm/openai/v1/responses", "/openai/v1/responses", { authorization: "Bearer sk-openai-key" }],
  ["/llm/anthropic/v1/messages", "/anthropic/v1/messages", { "x-api-key": "sk-anthropic-key" }],
])("%s goes to its API with its key", async (path, url, headers) => {
  upstream.received.length = 0;
  expect((await post(path, await issuer.issuer.mint())).status).toBe(200);
  expect(upstream.received).toMatchObject([{ url, headers }]);
});

it("answers a stranger as the app answers errors", async () => {
  const answer = await post("/llm/openai/v1/responses", await issuer.issuer.mint({ repository_owner: "evil" }));
  expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ code: "untrusted" })]);
});

it("leaves the rest of the app alone", async () => {
  expect(await (await app.request("/health")).text()).toBe("ok");
});
