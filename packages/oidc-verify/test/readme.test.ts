import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { startWorkerd } from "@org/testkit/workerd";
import type { Hono } from "hono";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { RUN_CLAIMS } from "../src/claims.ts";
import { GITHUB_ISSUER } from "../src/issuers.ts";
import type { TestIssuer } from "../src/testing.ts";
import { createVerifier } from "../src/verifier.ts";
import { type IssuerServer, serveIssuer } from "./serve-issuer.ts";

const root = join(import.meta.dirname, "..");
// Inside the package, so that it finds itself by name; or in a project that has it installed, to try what was packed.
const folder = mkdtempSync(join(process.env.README_PROJECT ?? import.meta.dirname, ".readme-"));
const snippets = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts ?([\w.]*)\n(.*?)^```$/gms)].map(
  ([, name = "", code = ""], index) => ({ name: name || `snippet-${index}`, code }),
);
let github: IssuerServer;

beforeAll(async () => {
  for (const { name, code } of snippets) writeFileSync(join(folder, `${name}.ts`), code);
  github = await serveIssuer({ issuer: GITHUB_ISSUER, audience: "my-service" });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await github.close();
});

const mint = (claims = {}) => github.issuer.mint({ environment: "production", ...claims });
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

/** Requests to GitHub reach our issuer; all others go where they are addressed to. */
function beGitHub(): void {
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", ((input, init) =>
    String(input).startsWith(GITHUB_ISSUER) ? github.issuer.fetch(input, init) : fetch(input, init)) as typeof fetch);
}

/** Greets a trusted caller, refuses a stranger and a text that is no token. */
async function expectSnippetToWork(call: (init: RequestInit) => Promise<Response> | Response): Promise<void> {
  const accepted = await call(bearer(await mint()));
  expect([accepted.status, (await accepted.text()).trim()]).toEqual([200, "Hello, octo-org/octo-repo"]);
  const stranger = await mint({ repository: "evil/repo", repository_owner_id: "1" });
  expect((await call(bearer(stranger))).status).toBe(403);
  expect((await call(bearer("sk-no-token"))).status).toBe(401);
}

it("names every claim", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  for (const name of ["iss", "aud", "iat", "exp", "nbf", "jti", ...RUN_CLAIMS]) expect(text).toContain(`\`${name}\``);
});

it("has snippets that compile", async () => {
  expect(snippets.map(({ name }) => name)).toEqual([
    "node",
    "hono",
    "worker",
    "snippet-3",
    "service",
    "service.test",
    "issuer",
  ]);
  const compile = async (types: string, ...names: string[]) => {
    const config = {
      extends: join(root, "../../tsconfig.base.json"),
      compilerOptions: { types: [types], allowJs: false, isolatedDeclarations: false, declaration: false },
      files: names.map((name) => `${name}.ts`),
    };
    const path = join(folder, `tsconfig.${names[0]}.json`);
    writeFileSync(path, JSON.stringify(config));
    const outcome = await promisify(execFile)(join(root, "node_modules", ".bin", "tsc"), ["-p", path]).catch(
      (error: { stdout: string }) => error,
    );
    expect(outcome.stdout).toBe("");
  };
  await compile("node", "node", "hono", "snippet-3", "service", "service.test", "issuer");
  await compile("@cloudflare/workers-types", "worker");
});

it("shows a Node service that works", async () => {
  beGitHub();
  vi.stubEnv("PORT", "0");
  const { server }: { server: Server } = await import(join(folder, "node.ts"));
  if (!server.listening) await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expectSnippetToWork((init) => fetch(`http://127.0.0.1:${port}/`, init));
  server.close();
});

it("shows Hono middleware that works", async () => {
  beGitHub();
  const { default: app }: { default: Hono } = await import(join(folder, "hono.ts"));
  await expectSnippetToWork((init) => app.request("/", init));
});

it("shows a Worker that works", async () => {
  const workerd = await startWorkerd({ entry: join(folder, "worker.ts"), outbound: `127.0.0.1:${github.port}` });
  await expectSnippetToWork((init) => fetch(workerd.url, init));
  await workerd.stop();
});

it("shows issuers that a verifier takes", async () => {
  const { verifier } = await import(join(folder, "snippet-3.ts"));
  await expect(verifier.verify("x")).rejects.toMatchObject({ code: "token_malformed" });
});

it("shows tests of a service that pass", async () => {
  const vitest = join(root, "node_modules", ".bin", "vitest");
  const report = join(folder, "report.json");
  await promisify(execFile)(vitest, ["run", "--root", folder, "--reporter", "json", "--outputFile", report]);
  expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ numTotalTests: 5, numPassedTests: 5 });
});

it("shows an issuer that a process can ask", async () => {
  const { issuer, server }: { issuer: TestIssuer; server: Server } = await import(join(folder, "issuer.ts"));
  const options = { issuer: issuer.issuer, audience: "my-service", trust: "any" as const };
  const { claims } = await createVerifier(options).verify(await issuer.mint());
  expect(claims.iss).toBe(issuer.issuer);
  issuer.answer = () => Promise.reject(new Error("down"));
  await expect(createVerifier(options).verify(await issuer.mint())).rejects.toMatchObject({ code: "keys_unavailable" });
  issuer.answer = null;
  expect((await fetch(`${issuer.issuer}/other`)).status).toBe(404);
  server.close();
});
