import { join } from "node:path";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { startUpstream, type Upstream } from "@org/testkit/node";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";

let issuer: IssuerServer;
let upstream: Upstream;
let workerd: RunningWorkerd;

const { main, compatibility_date, compatibility_flags, durable_objects } = unstable_readConfig({
  config: join(import.meta.dirname, "../wrangler.jsonc"),
});
const bindings: { name: string; class_name: string }[] = durable_objects.bindings;

beforeAll(async () => {
  issuer = await startIssuer({ audience: "my-proxy" });
  upstream = await startUpstream();
  workerd = await startWorkerd({
    entry: main ?? "",
    objects: Object.fromEntries(bindings.map(({ name, class_name }) => [name, class_name])),
    bindings: { OIDC_ISSUER: issuer.url, UPSTREAM_URL: upstream.url, UPSTREAM_KEY: "sk-the-real-key" },
    date: compatibility_date ?? "",
    flags: compatibility_flags,
  });
});

afterAll(async () => {
  await workerd.stop();
  await Promise.all([issuer.close(), upstream.close()]);
});

const ask = (path: string, token: string) =>
  fetch(`http://127.0.0.1:${workerd.port}${path}`, { method: "POST", body: "{}", headers: { "x-api-key": token } });

it("swaps a trusted workflow's token for the key", async () => {
  const token = await issuer.issuer.mint();
  expect((await ask("/anthropic/v1/messages", token)).status).toBe(200);
  expect(upstream.received).toMatchObject([{ url: "/v1/messages", headers: { "x-api-key": "sk-the-real-key" } }]);
  expect(JSON.stringify(upstream.received)).not.toContain(token);
});

it.each([
  ["another repository", "/anthropic/v1/messages", { repository: "evil/repo" }, 403],
  ["another audience", "/anthropic/v1/messages", { aud: "other" }, 401],
  ["an endpoint that is not on the list", "/anthropic/v1/files", {}, 404],
])("refuses %s, in words that the API's SDK shows", async (_, path, claims, status) => {
  const answer = await ask(path, await issuer.issuer.mint(claims));
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { message: expect.stringMatching(/^oidc-proxy: /) } });
});

it("lets no token pass more often than its budget, whoever asks at once", async () => {
  const token = await issuer.issuer.mint();
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask("/anthropic/v1/messages", token)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
  const refused = answers.find(({ status }) => status === 429);
  expect(await refused?.json()).toMatchObject({ error: { message: "oidc-proxy: Token budget exhausted" } });
});
