/** `pnpm scope` in a copy of this repository: afterwards nothing has the old name, and everything works under the new one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyTree } from "../../scripts/tree.ts";
import { pnpm, ROOT } from "../src/root.ts";
import { run } from "../src/run.ts";

const copy = mkdtempSync(join(tmpdir(), "scope-"));
const git = (...args: string[]) =>
  run("git", ["-c", "user.name=t", "-c", "user.email=t@t.example", ...args], { cwd: copy });
const manifest = () => JSON.parse(readFileSync(join(copy, "apps/worker/package.json"), "utf8"));
const commit = async () => {
  await git("add", "--all");
  await git("commit", "--quiet", "--message=all");
};
/** Files with this text. */
const filesWith = (text: string) => git("grep", "-l", "--fixed-strings", "-e", text).catch(() => "");

const present = JSON.parse(readFileSync(join(ROOT, "apps/worker/package.json"), "utf8"));

beforeAll(async () => {
  copyTree(ROOT, copy);
  await git("init", "--quiet");
  await commit();
  await pnpm(copy, "scope", "@some-scope", "--repository", "some-owner/some-proxy");
});
afterAll(() => rmSync(copy, { recursive: true, force: true, maxRetries: 5 }));

it("leaves nothing of the old name", async () => {
  expect(await filesWith(`${present.name.split("/")[0]}/`)).toBe("");
  expect(await filesWith(present.repository.url.replace(/^.*github\.com|\.git$/g, ""))).toBe("");
  expect(manifest()).toMatchObject({
    name: "@some-scope/oidc-proxy",
    repository: { url: "git+https://github.com/some-owner/some-proxy.git" },
  });
});

it("leaves the names of others", async () => {
  expect(await filesWith("octo-org/octo-repo")).not.toBe("");
});

it("leaves what compiles, runs, is formatted and has no loose ends", async () => {
  await pnpm(copy, "--filter=@some-scope/oidc-verify", "typecheck");
  await pnpm(copy, "--filter=@some-scope/oidc-verify", "exec", "vitest", "run", "--project=node", "src/trust.test.ts");
  await pnpm(copy, "--filter=@some-scope/oidc-proxy", "typecheck");
  for (const script of ["format", "lint", "check:docs", "check:scripts", "test:scripts", "check:unused"])
    await pnpm(copy, script);
  await pnpm(copy, "install", "--frozen-lockfile", "--offline");
}, 900_000); // as much as half of `pnpm check`, on a busy machine

it("refuses while something is not committed, and changes nothing", async () => {
  const before = await git("diff");
  await expect(pnpm(copy, "scope", "@some-other-scope")).rejects.toThrow(/Commit or stash/);
  expect(await git("diff")).toBe(before);
});

it.each([
  ["@some-scope", /already/],
  ["some-scope", /no scope/],
  ["@types", /scope of packages/],
])("refuses %s, and changes nothing", async (scope, fault) => {
  await commit().catch(() => {}); // nothing to commit after the first
  await expect(pnpm(copy, "scope", scope)).rejects.toThrow(fault);
  expect(await git("status", "--porcelain")).toBe("");
});

it("works a second time, and keeps the repository", async () => {
  writeFileSync(join(copy, "new.md"), "@some-scope/oidc-verify\n");
  await commit();
  await pnpm(copy, "scope", "@some-other-scope");
  expect(await filesWith("@some-scope/")).toBe("");
  expect(readFileSync(join(copy, "new.md"), "utf8")).toBe("@some-other-scope/oidc-verify\n");
  expect(manifest()).toMatchObject({
    name: "@some-other-scope/oidc-proxy",
    repository: { url: "git+https://github.com/some-owner/some-proxy.git" },
  });
});
