import { execFile } from "node:child_process";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { openStageFolder } from "./stage-folder.ts";
import { temporaryDir } from "./temporary-dir.ts";

const script = fileURLToPath(new URL("mint.ts", import.meta.url));
const dir = temporaryDir();
afterAll(() => dir[Symbol.dispose]());

const mint = (...args: string[]) =>
  promisify(execFile)(process.execPath, [script, "--dir", dir.path, "--dev-vars", "/dev/null", ...args]);

async function mintClaims(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await mint(...args);
  return JSON.parse(Buffer.from(stdout.split(".")[1] ?? "", "base64url").toString());
}

it("prints one token and nothing else, signed with a key that only its owner may read", async () => {
  const { stdout, stderr } = await mint();
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const [header, payload, signature] = stdout.trim().split(".") as [string, string, string];
  const keyFile = join(dir.path, "key.json");
  const { privateJwk } = JSON.parse(readFileSync(keyFile, "utf8"));
  const key = createPublicKey({ key: privateJwk, format: "jwk" });
  expect(verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))).toBe(
    true,
  );
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
});

it("signs with the same key each time, with another jti", async () => {
  const [one, two] = await Promise.all([mint(), mint()]);
  const kid = (token: { stdout: string }) =>
    JSON.parse(Buffer.from(token.stdout.split(".")[0] ?? "", "base64url").toString()).kid;
  expect(kid(one)).toBe(kid(two));
  expect(createHash("sha256").update(one.stdout).digest("hex")).not.toBe(
    createHash("sha256").update(two.stdout).digest("hex"),
  );
});

it("issues for a caller that the stage lets in, by default", async () => {
  const now = Date.now() / 1000;
  const claims = await mintClaims();
  expect(claims).toMatchObject({
    iss: "http://127.0.0.1:8788",
    aud: "goose-oidc-proxy",
    repository: "octo-org/octo-repo",
    ref: "refs/heads/main",
    sub: "repo:octo-org/octo-repo:ref:refs/heads/main",
    exp: (claims.iat as number) + 300,
  });
  expect(Math.abs((claims.iat as number) - now)).toBeLessThan(60);
});

it.each<[string[], Record<string, unknown>]>([
  [
    ["--repo", "acme/app"],
    { repository: "acme/app", repository_owner: "acme", sub: "repo:acme/app:ref:refs/heads/main" },
  ],
  [["--ref", "refs/tags/v1"], { ref: "refs/tags/v1" }],
  [["--audience", "other"], { aud: "other" }],
  [["--audience", "a", "--audience", "b"], { aud: ["a", "b"] }],
  [["--claim", "event_name=pull_request"], { event_name: "pull_request" }],
  [["--claim", "sub=a=b", "--claim", "environment="], { sub: "a=b", environment: "" }],
  [["--claim", "jti"], { jti: undefined }],
  [["--claim", "nbf=5"], { nbf: 5 }],
])("understands %j", async (args, claims) => {
  const actual = await mintClaims(...args);
  expect({ ...Object.fromEntries(Object.keys(claims).map((name) => [name, actual[name]])) }).toEqual(claims);
});

it("moves the issue time back by --age, and the end by --ttl", async () => {
  const [fresh, old] = await Promise.all([mintClaims(), mintClaims("--age", "3600", "--ttl", "60")]);
  expect((fresh.iat as number) - (old.iat as number)).toBeGreaterThan(3500);
  expect(old.exp).toBe((old.iat as number) + 60);
});

it("issues in the name of the stage that runs", async () => {
  using other = temporaryDir();
  const note = { startedAt: 0, worker: "", upstream: "", audience: "aud", repository: "o/r", ref: "refs/heads/x" };
  openStageFolder(other.path).writeNote({ ...note, issuer: "http://127.0.0.1:4711" });
  const claims = await mintClaims("--dir", other.path);
  expect(claims).toMatchObject({ iss: "http://127.0.0.1:4711", aud: "aud", repository: "o/r", ref: "refs/heads/x" });
});

describe("what it does not understand it says, and prints no token", () => {
  it.each([
    [["--repo", "no-slash"], "--repo must be owner/repo"],
    [["--age", "1h"], "--age must be a whole number of seconds"],
    [["--ttl", ""], "--ttl must be a whole number of seconds"],
    [["--claim", "=x"], "--claim must be name=value"],
    [["--unknown"], "Unknown option '--unknown'"],
  ])("%j", async (args, message) => {
    const failed = await mint(...args).catch((error) => error);
    expect(failed).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
    expect(failed.stderr).toContain("--audience");
  });
});
