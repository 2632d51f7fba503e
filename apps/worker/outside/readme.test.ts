import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GITHUB_ISSUER } from "@org/oidc-verify";
import { createIssuer, type TestIssuer } from "@org/oidc-verify/testing";
import { type ReceivedRequest, startUpstream, type Upstream } from "@org/testkit/node";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { parse } from "jsonc-parser";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { readDeployment } from "./deployment.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");
const readme = read("../README.md");
/** Each worker, and what it answers to a request without a token at a path of its own. */
const health = { whole: 401, wrapped: 200, gateway: 404 };
const names = Object.keys(health) as (keyof typeof health)[];
const shown = parse(/^```jsonc\n(.*?)^```/ms.exec(readme)?.[1] ?? "");

const isForIssuer = ({ headers }: ReceivedRequest) => headers.host === new URL(GITHUB_ISSUER).host;

let issuer: TestIssuer;
/** Whatever the worker asks, it asks here. */
let internet: Upstream;
let running: RunningWorkerd | undefined;

beforeAll(async () => {
  issuer = await createIssuer({ issuer: GITHUB_ISSUER, audience: "my-proxy" });
  internet = await startUpstream({
    async handler(_, response, received) {
      const answer = isForIssuer(received) ? await issuer.fetch(GITHUB_ISSUER + received.url) : Response.json({});
      response.end(await answer.text());
    },
  });
});
afterEach(async () => {
  internet.received.length = 0;
  await running?.stop();
});
afterAll(() => internet.close());

it("shows the files that the compiler sees", () => {
  const snippets = [...readme.matchAll(/^```ts (\w+)\n(.*?)^```/gms)].map(([, name, code]) => [name, code]);
  expect(snippets).toEqual(names.map((name) => [name, read(`../test/readme-${name}.ts`)]));
});

it("shows a configuration with the date, the flags and the object of the shipped one", () => {
  const shipped = parse(read("../wrangler.jsonc"));
  for (const name of ["compatibility_date", "compatibility_flags", "durable_objects", "migrations"]) {
    expect([name, shown[name]]).toEqual([name, shipped[name]]);
  }
  expect(shown.vars.ALLOWED_REPOS).toMatch(/^-/);
});

it.each(names)("%s: a worker that swaps a trusted token for the key", async (name) => {
  const { date, flags, objects } = readDeployment();
  running = await startWorkerd({
    entry: join(import.meta.dirname, `../test/readme-${name}.ts`),
    bindings:
      name === "gateway"
        ? { ANTHROPIC_API_KEY: "sk-the-real-key" }
        : { ...shown.vars, ALLOWED_REPOS: "octo-org/octo-repo", UPSTREAM_API_KEY: "sk-the-real-key" },
    objects,
    flags,
    date,
    outbound: `127.0.0.1:${internet.port}`,
  });
  const ask = async (claims = {}) =>
    fetch(`${running?.url}/v1/messages`, {
      method: "POST",
      body: "{}",
      headers: { "x-api-key": await issuer.mint(claims) },
    });
  const answer = await ask();
  expect([answer.status, answer.headers.get("ratelimit")]).toEqual([200, expect.stringContaining('"token";r=199')]);
  expect((await ask({ repository: "evil/repo" })).status).toBe(403);
  expect((await ask({ aud: "another" })).status).toBe(401);
  const forwarded = internet.received.filter((request) => !isForIssuer(request));
  expect(forwarded).toMatchObject([{ headers: { host: "api.anthropic.com", "x-api-key": "sk-the-real-key" } }]);
  expect((await fetch(`${running.url}/healthz`)).status).toBe(health[name]);
});
