import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveIssuer } from "../test/serve-issuer.ts";
import { runCommand } from "./explain-command.ts";
import { createIssuer, type TestIssuer } from "./testing.ts";

const folder = mkdtempSync(join(tmpdir(), "oidc-verify-"));
const jwks = join(folder, "jwks.json");
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await createIssuer({ audience: "goose-oidc-proxy" });
  writeFileSync(jwks, JSON.stringify({ keys: issuer.keys }));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(args: readonly string[], input = "") {
  const child = spawn(process.execPath, [join(import.meta.dirname, "cli.ts"), ...args]);
  child.stdin.on("error", () => {}).end(input);
  const exit = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { out, err, status };
}

it("passes a genuine token, from the command line and from standard input, and never prints it", async () => {
  const token = await issuer.mint();
  const rules = ["--rule", "repository=octo-org/*", "--rule", "ref=refs/heads/main", "--rule", "ref=refs/heads/next"];
  const options = ["--audience", "goose-oidc-proxy", ...rules, "--jwks", jwks];
  const [argument, input] = await Promise.all([
    run(["explain", token, ...options]),
    run(["explain", "-", ...options], `${token}\n`),
  ]);
  expect(argument).toMatchObject({ status: 0, err: "" });
  expect(argument.out).toMatch(/✓ pass {2}signature/);
  expect(argument.out).toMatch(/✓ pass {2}repository +octo-org\/octo-repo/);
  expect(argument.out).toMatch(/Nothing fails\.\n$/);
  expect(input.status).toBe(0);
  for (const part of token.split(".")) expect(argument.out + input.out).not.toContain(part);
});

it("says all that fails, and why", async () => {
  const past = Math.floor(Date.now() / 1000) - 900;
  const forged = await (await createIssuer({ audience: "goose-oidc-proxy" })).mint(
    { iat: past },
    { kid: issuer.key.kid },
  );
  const { out, status } = await run([
    ...["explain", forged, "--audience", "other", "--jwks", jwks],
    ...["--rule", "repository=a/b", "--rule", "environment=production"],
  ]);
  expect(status).toBe(1);
  expect(out).toMatch(/✗ FAIL {2}audience +"goose-oidc-proxy", expected other/);
  expect(out).toMatch(/✗ FAIL {2}signature +Invalid signature/);
  expect(out).toMatch(/✗ FAIL {2}time +Token expired/);
  expect(out).toMatch(/✗ FAIL {2}repository +octo-org\/octo-repo, expected a\/b/);
  expect(out).toMatch(/✗ FAIL {2}environment +absent, expected production/);
  expect(out).toMatch(/Refused: audience, signature, time, repository, environment, trust\.\n$/);
});

it("says what it was not asked to check", async () => {
  const { out, status } = await run(["explain", await issuer.mint(), "--jwks", jwks]);
  expect(status).toBe(0);
  expect(out).toMatch(/Nothing fails\. Not checked: audience, trust\.\n$/);
});

it("fetches the keys of the issuer, and judges the age as told", async () => {
  const server = await serveIssuer();
  const token = await server.issuer.mint({ iat: Math.floor(Date.now() / 1000) - 900 });
  const options = ["explain", token, "--issuer", server.url, "--max-age-seconds"];
  expect((await run([...options, "1200"])).status).toBe(0);
  expect((await run([...options, "600"])).out).toMatch(/✗ FAIL {2}time +Token too old/);
  await server.close();
});

it("judges the expiry beside the age if told", async () => {
  const token = await issuer.mint({ iat: Math.floor(Date.now() / 1000) - 900 });
  const options = ["explain", token, "--jwks", jwks, "--max-age-seconds", "1200"];
  expect((await run(options)).status).toBe(0);
  expect((await run([...options, "--enforce-expiry"])).out).toMatch(/✗ FAIL {2}time +Token expired/);
});

it("passes no audience and no issuer that a verifier refuses", async () => {
  const token = await issuer.mint({ aud: ["goose-oidc-proxy", 1], iss: [issuer.issuer] });
  const { out, status } = await run(["explain", token, "--audience", "goose-oidc-proxy", "--jwks", jwks]);
  expect(status).toBe(1);
  expect(out).toMatch(/✗ FAIL {2}issuer/);
  expect(out).toMatch(/✗ FAIL {2}audience/);
});

it("never prints a token that was given in the wrong place", async () => {
  const token = await issuer.mint();
  const file = join(folder, "token");
  writeFileSync(file, token);
  const misplaced = [
    ["--audience", token],
    [`--audience=Bearer ${token}`],
    ["--rule", `repository=${token}`],
    ["--rule", `${token}=x`],
    ["--issuer", `https://${token}`],
    ["--jwks", token],
    ["--jwks", file],
  ];
  const outcomes = await Promise.all(misplaced.map((options) => run(["explain", token, ...options])));
  for (const { out, err, status } of outcomes) {
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(/Usage:/);
    for (const part of token.split(".")) expect(err).not.toContain(part.slice(0, 5));
  }
});

it("says that a text is no token", async () => {
  const { out, status } = await run(["explain", "sk-secret"]);
  expect([status, out]).toEqual([1, "✗ FAIL  token  Malformed JWT\n\nRefused: token.\n"]);
});

it.each([
  [[]],
  [["explain"]],
  [["verify", "SECRET"]],
  [["explain", "SECRET", "SECRET"]],
  [["explain", "x", "--SECRET"]],
  [["explain", "x", "--rule", "SECRET"]],
  [["explain", "x", "--rule", "ref=refs/heads/main"]],
  [["explain", "x", "--rule", "repo=o/r"]],
  [["explain", "x", "--max-age-seconds", "1e3"]],
  [["explain", "x", "--issuer", "http://issuer.test"]],
  [["explain", "x", "--jwks", "/nowhere"]],
])("refuses the command line %j and quotes nothing of it", async (args) => {
  const { out, err, status } = await run(args);
  expect([status, out]).toEqual([2, ""]);
  expect(err).toMatch(/Usage:/);
  expect(err).not.toContain("SECRET");
});

it("takes no defect for a wrong command line", async () => {
  await expect(runCommand("Usage", () => Promise.reject(new RangeError("a defect")))).rejects.toThrow(RangeError);
});

it("helps", async () => {
  expect(await run(["--help"])).toMatchObject({ status: 0, err: "", out: expect.stringMatching(/^Usage:/) });
});
