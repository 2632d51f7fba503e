import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type IssuerServer, startIssuer, startUpstream, type Upstream } from "@org/testkit/node";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRealWorker } from "./real-worker.ts";

// A preset brings the limits that its clients need, with the real client.

const names = Array.from({ length: 24 }, (_, index) => `package-${index}`);
const folder = mkdtempSync(join(tmpdir(), "npm-install-"));
let issuer: IssuerServer;
let registry: Upstream;
let worker: RunningWorkerd | undefined;

beforeAll(async () => {
  issuer = await startIssuer();
  const tarball = packed();
  registry = await startUpstream({
    handler(request, response) {
      const [, name = ""] = (request.url ?? "").split("/");
      if (request.url?.endsWith(".tgz")) return response.end(tarball);
      const dist = { tarball: `https://registry.npmjs.org/${name}/-/${name}-1.0.0.tgz` };
      const versions = { "1.0.0": { name, version: "1.0.0", dist } };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions }));
    },
  });
});
afterAll(async () => {
  await worker?.stop();
  await Promise.all([registry?.close(), issuer?.close()]);
  rmSync(folder, { recursive: true });
});

/** One package, which stands for all. */
function packed(): Buffer {
  mkdirSync(join(folder, "package"));
  writeFileSync(join(folder, "package", "package.json"), JSON.stringify({ name: "any", version: "1.0.0" }));
  execFileSync("tar", ["-czf", "package.tgz", "package"], { cwd: folder });
  return readFileSync(join(folder, "package.tgz"));
}

/** npm in a project that needs all of them, and that does not ask twice. */
async function install(port: number): Promise<string[]> {
  const project = mkdtempSync(join(folder, "project-"));
  const dependencies = Object.fromEntries(names.map((name) => [name, "1.0.0"]));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", version: "1.0.0", dependencies }));
  const registryPath = `//127.0.0.1:${port}/npm/`;
  const settings = [
    `registry=http:${registryPath}`,
    `${registryPath}:_authToken=${await issuer.issuer.mint()}`,
    ...["update-notifier=false", "fund=false", "audit=false", "fetch-retries=0", `cache=${join(project, "cache")}`],
  ];
  writeFileSync(join(project, ".npmrc"), settings.join("\n"));
  await promisify(execFile)("npm", ["install"], { cwd: project, env: { PATH: process.env.PATH, HOME: project } });
  return (await readdir(join(project, "node_modules"))).filter((name) => !name.startsWith("."));
}

const start = (variables: object) => {
  const route = { prefix: "/npm", preset: "npm", upstream: registry.url, key: "NPM_KEY" };
  const upstreamUnset = { UPSTREAM_URL: "", UPSTREAM_AUTH_HEADER: "", UPSTREAM_API_KEY: "" };
  return startRealWorker(issuer, "", { ...upstreamUnset, ROUTES: [route], NPM_KEY: "npm_key", ...variables });
};

it("24 packages are installed at once, where nobody set a limit", async () => {
  worker = await start({ MAX_REQUESTS_PER_TOKEN: "", RATE_LIMIT_PER_SECOND: "" });
  expect((await install(worker.port)).toSorted()).toEqual(names.toSorted());
  expect(registry.received.map(({ url }) => url).toSorted()).toEqual(
    names.flatMap((name) => [`/${name}`, `/${name}/-/${name}-1.0.0.tgz`]).toSorted(),
  );
  expect(worker.log.filter((line) => /warning|refused/.test(line))).toEqual([]);
  await worker.stop();
});

it("and with a lower limit for all routes, the log says beforehand what to set", async () => {
  worker = await start({ MAX_REQUESTS_PER_TOKEN: "200", RATE_LIMIT_PER_SECOND: "2" });
  await expect(install(worker.port)).rejects.toMatchObject({ stderr: expect.stringMatching(/429|Rate limit/) });
  const said = worker.log.map((line) => JSON.parse(line)).filter(({ event }) => event === "warning");
  expect(said.map(({ text }) => text)).toEqual([
    expect.stringMatching(/^route \/npm: RATE_LIMIT_PER_SECOND is 2, .* "limits": \{ "RATE_LIMIT_PER_SECOND": 500 \}$/),
    expect.stringMatching(/^route \/npm: MAX_REQUESTS_PER_TOKEN is 200, .* \{ "MAX_REQUESTS_PER_TOKEN": 10000 \}$/),
  ]);
});
