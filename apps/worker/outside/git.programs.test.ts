import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import type { Upstream } from "@org/testkit/node";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startGitUpstream } from "./git-upstream.ts";
import { run } from "./program.ts";
import { startRealWorker } from "./real-worker.ts";

const PASSWORD = "ghp_the-real-password";
const KEY = btoa(`x-access-token:${PASSWORD}`);
const folder = mkdtempSync(join(tmpdir(), "git-"));
const quiet = { GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
const identity = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@b.example",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@b.example",
};
const git = (...args: string[]) => run(folder, { ...quiet, ...identity, TOKEN: token }, "git", ...args);

let issuer: IssuerServer;
let upstream: Upstream;
let worker: RunningWorkerd;
let token: string;
beforeAll(async () => {
  issuer = await startIssuer();
  upstream = await startGitUpstream(folder, PASSWORD);
  worker = await startRealWorker(issuer, upstream.url, {
    UPSTREAM_AUTH_HEADER: "Authorization",
    UPSTREAM_AUTH_PREFIX: "Basic ",
    UPSTREAM_API_KEY: KEY,
    RATE_LIMIT_PER_SECOND: "10", // as the README says for git
  });
});
afterAll(async () => {
  await worker?.stop();
  await upstream?.close();
  await issuer?.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  token = await issuer.issuer.mint();
  upstream.received.length = 0;
});

/** As the README says: what git asks for, it is told from the environment. */
const helper = ["-c", 'credential.helper=!f() { echo username=ci; echo "password=$TOKEN"; }; f'];
const inUrl = () => worker.url.replace("//", `//ci:${token}@`);
const header = () => ["-c", `http.extraHeader=Authorization: Bearer ${token}`];

describe("git clones, commits and pushes", () => {
  it.each<[how: string, options: () => string[], address: () => string]>([
    ["with a credential helper", () => helper, () => worker.url],
    ["with the token in the URL", () => [], inUrl],
    ["with a header of its own", header, () => worker.url],
  ])("%s", async (how, options, address) => {
    const name = how.replaceAll(" ", "-");
    await git("init", "--bare", "--initial-branch=main", `${name}.git`);
    await git("-C", `${name}.git`, "config", "http.receivepack", "true");
    await git(...options(), "clone", `${address()}/${name}.git`, name);

    const work = join(folder, name);
    writeFileSync(join(work, "small"), "hello\n");
    writeFileSync(join(work, "large"), randomBytes(3 << 20)); // more than git sends at once
    await git("-C", work, "add", ".");
    await git("-C", work, "commit", "--message=first");
    await git(...options(), "-C", work, "push", "origin", "main");

    await git(...options(), "clone", `${address()}/${name}.git`, `${name}-again`);
    expect(readFileSync(join(folder, `${name}-again`, "large"))).toEqual(readFileSync(join(work, "large")));
    expect(upstream.received.length).toBeGreaterThan(5);
    for (const { headers, rawHeaders, url } of upstream.received) {
      expect(headers.authorization).toBe(`Basic ${KEY}`);
      expect(`${url} ${rawHeaders.join()}`).not.toContain(token);
      expect(`${url} ${rawHeaders.join()}`).not.toContain(btoa(`ci:${token}`).replace(/=+$/, ""));
    }
  });

  it("not without a token, and is told so", async () => {
    const refused = expect.objectContaining({
      stderr: expect.stringMatching(/could not read Username|Authentication failed/),
    });
    await expect(git("clone", `${worker.url}/none.git`, "none")).rejects.toEqual(refused);
    expect(upstream.received).toEqual([]);
  });
});
