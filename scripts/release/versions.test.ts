/** Which packages a changeset brings a version, as `.changeset/config.json` says. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { copyTree } from "../tree.ts";

const root = join(import.meta.dirname, "..", "..");
const folders = {
  "oidc-verify": "packages/oidc-verify",
  "token-limiter": "packages/token-limiter",
  "proxy-core": "packages/proxy-core",
  "oidc-proxy": "apps/worker",
};
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "versions-"));
  copyTree(root, copy);
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const name of readdirSync(join(copy, ".changeset")))
    if (name.endsWith(".md")) rmSync(join(copy, ".changeset", name));
  for (const folder of Object.values(folders)) setVersion(folder, "1.0.0");
});
afterEach(() => rmSync(copy, { recursive: true }));

const read = (folder: string) => JSON.parse(readFileSync(join(copy, folder, "package.json"), "utf8"));
const setVersion = (folder: string, version: string) =>
  writeFileSync(join(copy, folder, "package.json"), JSON.stringify({ ...read(folder), version }));

/** Versions after a changeset of this package, by name without scope. */
function versionsAfter(name: keyof typeof folders, bump: string): Record<string, string> {
  const changeset = `---\n"${read(folders[name]).name}": ${bump}\n---\n\nA change.\n`;
  writeFileSync(join(copy, ".changeset", "a-change.md"), changeset);
  execFileSync(process.execPath, ["node_modules/@changesets/cli/bin.js", "version"], { cwd: copy, stdio: "pipe" });
  return Object.fromEntries(Object.entries(folders).map(([short, folder]) => [short, read(folder).version]));
}

const unchanged = { "oidc-verify": "1.0.0", "token-limiter": "1.0.0", "proxy-core": "1.0.0", "oidc-proxy": "1.0.0" };

// The worker's package has the others in it: who installs it gets a fix of theirs only with a version of its own.
it.each([
  ["oidc-verify", "patch", { "oidc-verify": "1.0.1", "oidc-proxy": "1.0.1" }],
  ["token-limiter", "minor", { "token-limiter": "1.1.0", "oidc-proxy": "1.0.1" }],
  ["proxy-core", "major", { "proxy-core": "2.0.0", "oidc-proxy": "1.0.1" }],
  ["oidc-proxy", "minor", { "oidc-proxy": "1.1.0" }],
] as const)("%s with a %s change", (name, bump, changed) =>
  expect(versionsAfter(name, bump)).toEqual({ ...unchanged, ...changed }),
);
