/**
 * `pnpm new-worker ../my-proxy --audience …`: packs the worker as it stands here, and makes a repository that depends on that tarball,
 * which lies in it. Options are those of `oidc-proxy init`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join, relative, resolve, sep } from "node:path";
import { readFlags } from "../apps/worker/src/init/flags.ts";

const root = join(import.meta.dirname, "..");
const wishes = process.argv.slice(2);
const currentFolder = process.env.INIT_CWD ?? process.cwd(); // where pnpm was called
if (isInClone(wishes)) {
  console.error("Name a folder outside this clone, whose own files are the proxy's: pnpm new-worker ../my-proxy");
  process.exit(2);
}

const worker = join(root, "apps", "worker");
const folder = mkdtempSync(join(tmpdir(), "new-worker-"));
const pack = ["pack", "--pack-destination", folder, "--json"];

/** Without the Node of this clone: the new folder lives with that of the machine. */
const path = (process.env.PATH ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));

try {
  execFileSync("pnpm", ["--silent", "build"], { cwd: worker, stdio: ["ignore", "ignore", 2] });
  const { filename } = JSON.parse(execFileSync("pnpm", pack, { cwd: worker, encoding: "utf8" }));
  const tarball = join(folder, basename(filename));
  const args = [join(worker, "dist", "cli.js"), "init", "--package", tarball, ...wishes];
  const { status, error } = spawnSync("node", args, {
    cwd: currentFolder,
    env: { ...process.env, PATH: path.join(delimiter) },
    stdio: "inherit",
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

function isInClone(args: readonly string[]): boolean {
  try {
    const { folder, help } = readFlags(args);
    return !help && relative(root, resolve(currentFolder, folder)).split(sep)[0] !== "..";
  } catch {
    return false; // init itself says what is wrong
  }
}
