import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { presets } from "@org/proxy-core";
import { startNpmRegistry, type Upstream } from "@org/testkit/node";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./program.ts";
import { startRealWorker } from "./real-worker.ts";

const KEY = "npm_the-real-key";
const folder = mkdtempSync(join(tmpdir(), "npm-"));

let issuer: IssuerServer;
let registry: Upstream;
let worker: RunningWorkerd;
beforeAll(async () => {
  issuer = await startIssuer();
  registry = await startNpmRegistry();
  worker = await startRealWorker(issuer, "", {
    UPSTREAM_AUTH_HEADER: "",
    UPSTREAM_API_KEY: "",
    // As the preset says.
    RATE_LIMIT_PER_SECOND: "",
    MAX_REQUESTS_PER_TOKEN: "",
    NPM_KEY: KEY,
    // As the README says.
    ROUTES: [
      {
        prefix: "/npm",
        preset: "npm",
        upstream: registry.url,
        key: "NPM_KEY",
        allow: [...presets.npm.allow, "PUT /*", "PUT /@*%2F*"],
      },
    ],
  });
});
afterAll(async () => {
  await worker?.stop();
  await registry?.close();
  await issuer?.close();
  rmSync(folder, { recursive: true });
});

describe("npm publishes a scoped package and installs it", () => {
  it.each<[how: string, settings: (token: string) => Record<string, string>]>([
    ["_authToken", (token) => ({ _authToken: token })],
    ["_auth", (token) => ({ _auth: btoa(`ci:${token}`) })],
    ["_password", (token) => ({ username: "ci", _password: btoa(token) })],
  ])("with the token as %s", async (how, settings) => {
    const token = await issuer.issuer.mint();
    const home = mkdtempSync(join(folder, "home-"));
    const npm = (project: string, ...args: string[]) =>
      run(home, {}, "npm", `--prefix=${join(home, project)}`, ...args);
    const name = `@scope/${how.replaceAll("_", "").toLowerCase()}`;
    const place = `//127.0.0.1:${worker.port}/npm/`;
    writeFileSync(
      join(home, ".npmrc"),
      [
        `registry=http:${place}`,
        ...Object.entries(settings(token)).map(([key, value]) => `${place}:${key}=${value}`),
        ...["update-notifier=false", "fund=false", "audit=false", "fetch-retries=0", "globalconfig=none"],
      ].join("\n"),
    );
    for (const [project, manifest] of Object.entries({
      library: { name, version: "1.0.0" },
      consumer: { name: "consumer" },
    })) {
      mkdirSync(join(home, project));
      writeFileSync(join(home, project, "package.json"), JSON.stringify(manifest));
    }

    registry.received.length = 0;
    await npm("library", "publish", join(home, "library"), "--access=public");
    await npm("consumer", "install", name);
    const installed = join(home, "consumer", "node_modules", name, "package.json");
    expect(JSON.parse(readFileSync(installed, "utf8"))).toMatchObject({ name, version: "1.0.0" });
    expect(registry.received.map(({ method }) => method)).toContain("PUT");
    for (const { headers, rawHeaders, url } of registry.received) {
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
      expect(`${url} ${rawHeaders.join()}`).not.toContain(token);
    }
  });
});
