// Runs test/runtimes/checks.js on the built package in every runtime that it promises to work in. Fetches them from npm once;
// Chromium must be there (apt-get install chromium), or CHROMIUM_PATH say where.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInChromium } from "./chromium.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules", ".cache", "runtimes");
const nodePackage = `node-${process.platform === "darwin" && process.arch === "arm64" ? "bin-" : ""}${process.platform}-${process.arch}`;
const NODES = [20, 22, 24, 26];

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8" }).trim();

mkdirSync(folder, { recursive: true });
execFileSync("pnpm", ["pack", "--out", join(folder, "package.tgz")], { cwd: root, stdio: "ignore" });
const dependencies = {
  "@org/oidc-verify": "file:package.tgz",
  ...Object.fromEntries(NODES.map((version) => [`node-${version}`, `npm:${nodePackage}@${version}`])),
  bun: "1.4.5",
  deno: "2.9.6",
};
// Written anew, and without a lockfile: the tarball changes under the same name.
writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error");
run("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error", "./package.tgz");
cpSync(join(root, "test", "runtimes", "checks.js"), join(folder, "checks.js"));

const bin = (name: string) => join(folder, "node_modules", ".bin", name);
const runtimes: [string, () => string | Promise<string>][] = [
  ...NODES.map((version): [string, () => string] => {
    const path = join(folder, "node_modules", `node-${version}`, "bin", "node");
    return [`Node ${run(path, "--version")}`, () => run(path, "checks.js")];
  }),
  [`Bun ${run(bin("bun"), "--version")}`, () => run(bin("bun"), "checks.js")],
  [run(bin("deno"), "--version").split("\n")[0] ?? "Deno", () => run(bin("deno"), "run", "--no-prompt", "checks.js")],
  ["Chromium", () => runInChromium(folder)],
];
for (const [name, check] of runtimes) {
  const outcome = await Promise.resolve()
    .then(check)
    .catch((error: Error) => error.message);
  const passes = outcome === "every check passes";
  console.log(`${passes ? "✓" : "✗"} ${name}${passes ? "" : `: ${outcome}`}`);
  if (!passes) process.exitCode = 1;
}
