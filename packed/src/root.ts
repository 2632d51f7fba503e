import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

/** The root of this repository. */
export const ROOT: string = join(import.meta.dirname, "..", "..");

const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** Runs the pnpm of this repository. */
export const pnpm = (cwd: string, ...args: string[]): Promise<string> =>
  run("npx", ["--yes", packageManager, ...args], { cwd });
