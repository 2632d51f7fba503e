import { createServer, request } from "node:http";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { type Listening, listen, startUpstream, type Upstream } from "@org/testkit/node";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { serve } from "../src/serve.ts";
import { createService } from "../src/service.ts";

let issuer: IssuerServer;
let upstream: Upstream;
let service: Listening;

beforeAll(async () => {
  issuer = await startIssuer({ audience: "my-proxy" });
  upstream = await startUpstream();
  const handler = createService({
    issuer: issuer.url,
    audience: "my-proxy",
    repository: "octo-org/octo-repo",
    upstream: `${upstream.url}/v1`,
    key: "sk-the-real-key",
  });
  service = await listen(createServer(serve(handler)));
});
beforeEach(() => {
  upstream.received.length = 0;
});
afterAll(() => Promise.all([issuer.close(), upstream.close(), service.close()]));

/** Unlike fetch, this sends a path as it stands. */
function ask(path: string, token: string, body = ""): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const options = { port: service.port, host: "127.0.0.1", path, method: "POST", headers };
    request(options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end(body);
  });
}

it("swaps a trusted workflow's token for the key", async () => {
  const token = await issuer.issuer.mint();
  expect(await ask("/chat%2Fx//y?a=b", token, "hello")).toBe(200);
  expect(upstream.received).toMatchObject([
    { method: "POST", url: "/v1/chat%2Fx//y?a=b", body: "hello", headers: { authorization: "Bearer sk-the-real-key" } },
  ]);
  expect(JSON.stringify(upstream.received)).not.toContain(token);
});

it.each([
  ["a stranger", "/chat", { repository: "evil/repo" }, 403],
  ["an old token", "/chat", { iat: 1_000_000_000, exp: 1_000_000_300 }, 401],
  ["a way out of the base path", "/../admin", {}, 404],
])("refuses %s", async (_, path, claims, status) => {
  expect(await ask(path, await issuer.issuer.mint(claims))).toBe(status);
  expect(upstream.received).toEqual([]);
});

it.each([[1], [200_000], [5_000_000]])("an upload of %i bytes that is refused reads why", async (bytes) => {
  expect(await ask("/chat", "garbage", "x".repeat(bytes))).toBe(401);
});

it("a caller who leaves takes the upstream's request along", async () => {
  const echo = upstream.handler;
  upstream.handler = () => {};
  const headers = { authorization: `Bearer ${await issuer.issuer.mint()}` };
  const open = request({ port: service.port, host: "127.0.0.1", path: "/slow", headers }).on("error", () => {});
  open.end();
  await vi.waitFor(() => expect(upstream.received).toHaveLength(1), { interval: 5, timeout: 10_000 });
  open.destroy();
  await vi.waitFor(() => expect(upstream.received[0]?.aborted).toBe(true), { interval: 5, timeout: 10_000 });
  upstream.handler = echo;
});
