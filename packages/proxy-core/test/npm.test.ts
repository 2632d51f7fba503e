import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startNpmRegistry, type Upstream } from "@org/testkit/node";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

// What the preset `npm` promises, with the real client.

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";
const KEY = "npm_the-real-key";
/** As the preset says. */
const PLAIN = "PUT /*";
const SCOPED = "PUT /@*%2F*";

const folder = mkdtempSync(join(tmpdir(), "npm-"));
let registry: Upstream;
beforeAll(async () => {
  registry = await startNpmRegistry();
});
beforeEach(() => {
  registry.received.length = 0;
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

interface Npm {
  (folder: string, ...args: string[]): Promise<string>;
  proxy: RunningWorkerd;
}

/** An npm that knows nothing but a proxy that allows these lines besides the preset's. */
function createNpm(allow: readonly string[]): Npm {
  const home = mkdtempSync(join(folder, "home-"));
  const npm = async (project: string, ...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: home };
    const { stdout } = await promisify(execFile)("npm", args, { cwd: join(folder, project), env });
    return stdout;
  };
  const self = npm as Npm;
  beforeAll(async () => {
    self.proxy = await startWorkerd({
      entry: join(import.meta.dirname, "npm-worker.ts"),
      bindings: { UPSTREAM: registry.url, KEY, ALLOW: allow },
    });
    const settings = [
      `registry=${self.proxy.url}/npm/`,
      `//127.0.0.1:${self.proxy.port}/npm/:_authToken=${TOKEN}`,
      `globalconfig=${join(home, "none")}`,
      ...["update-notifier=false", "fund=false", "audit=false", "fetch-retries=0"],
    ];
    writeFileSync(join(home, ".npmrc"), settings.join("\n"));
  });
  afterAll(() => self.proxy?.stop());
  return self;
}

/** A project of this name, in a folder of its own. */
function createProject(name: string, version = "1.0.0"): string {
  const project = `${name.replace(/\W/g, "_")}-${version}`;
  mkdirSync(join(folder, project));
  writeFileSync(join(folder, project, "package.json"), JSON.stringify({ name, version }));
  writeFileSync(join(folder, project, "index.js"), `module.exports = ${JSON.stringify(name)};\n`);
  return project;
}

/** Each line once: how often npm asks the same is its own business. */
const receivedLines = () => [...new Set(registry.received.map(({ method, url }) => `${method} ${url}`))].toSorted();
const ofPut = (line: string) => line.startsWith("PUT");

describe("with the lines for publishing", () => {
  const npm = createNpm([PLAIN, SCOPED]);

  it("publishes packages of plain and scoped names, and installs and audits them", async () => {
    await npm(createProject("plain"), "publish");
    await npm(createProject("@scope/scoped"), "publish", "--access=public");
    expect(receivedLines().filter(ofPut)).toEqual(["PUT /@scope%2fscoped", "PUT /plain"]);

    const consumer = createProject("consumer");
    // In the other cache are the tarballs, as they were packed.
    await npm(consumer, "install", "plain", "@scope/scoped@^1", `--cache=${join(folder, "cache")}`);
    for (const name of ["plain", "@scope/scoped"]) {
      expect(existsSync(join(folder, consumer, "node_modules", name, "index.js"))).toBe(true);
    }
    await npm(consumer, "audit");
    expect(receivedLines()).toEqual([
      "GET /@scope%2fscoped",
      "GET /@scope/scoped/-/scoped-1.0.0.tgz",
      "GET /plain",
      "GET /plain/-/plain-1.0.0.tgz",
      "POST /-/npm/v1/security/advisories/bulk",
      "PUT /@scope%2fscoped",
      "PUT /plain",
    ]);
    for (const { rawHeaders, headers } of registry.received) {
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
      expect(rawHeaders.join()).not.toContain(TOKEN);
    }
  });

  it.each([
    ...["PUT /-/package/plain/dist-tags/latest", "PUT /-/user/org.couchdb.user:me", "PUT /@scope%2fscoped/-rev/1"],
    ...["DELETE /plain/-rev/1", "GET /-/npm/v1/tokens", "GET /-/npm/v1/user", "POST /-/npm/v1/tokens"],
  ])("%s does not pass", async (line) => {
    const [method = "", path = ""] = line.split(" ");
    const answer = await fetch(`${npm.proxy.url}/npm${path}`, { method });
    expect(answer.headers.get("x-oidc-proxy-error")).toBe("route_not_allowed");
    expect(registry.received).toEqual([]);
  });
});

describe("as it is", () => {
  const npm = createNpm([]);

  it("views, searches and pings", async () => {
    const project = createProject("reader");
    expect(await npm(project, "view", "@scope/scoped", "version")).toBe("1.0.0\n");
    await npm(project, "search", "scoped");
    await npm(project, "ping");
    expect(receivedLines()).toContain("GET /@scope%2fscoped");
  });

  it("does not publish", async () => {
    const refused = expect.objectContaining({ stderr: expect.stringContaining("E404") });
    await expect(npm(createProject("plain", "2.0.0"), "publish")).rejects.toEqual(refused);
    await expect(npm(createProject("@scope/scoped", "2.0.0"), "publish", "--access=public")).rejects.toEqual(refused);
    expect(receivedLines().filter(ofPut)).toEqual([]);
  });
});
