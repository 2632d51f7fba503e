import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";
import { run } from "./run.ts";

const platform = `${process.platform === "darwin" && process.arch === "arm64" ? "bin-" : ""}${process.platform}-${process.arch}`;
const node = (version: string) => `npm:node-${platform}@${version}`;

/** What the tests run packages with, beside what the workspace has: too large to be installed with every clone. */
const TOOLS: Record<string, string> = {
  ...Object.fromEntries(["20.18", "20.19", "22.11", "22.12"].map((version) => [`node-${version}`, node(version)])),
  "node-20": node("20"),
  "node-22": node("22"),
  "node-24": node("24"),
  "node-26": node("26"),
  "typescript-5.4": "npm:typescript@5.4",
  "typescript-5.9": "npm:typescript@5.9",
  bun: "1.4.5",
  deno: "2.9.6",
};

const folder = join(ROOT, "node_modules", ".cache", "packed");

/** Fetches the tools; takes a second if they are there. */
export async function installTools(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: TOOLS }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
}

/** The path of a tool's file. */
export const toolPath = (...path: string[]): string => join(folder, "node_modules", ...path);

/** The folder to put first into `PATH` to run commands with this Node. */
export const nodeFolder = (version: string): string => toolPath(`node-${version}`, "bin");

/** Compilers by version: the oldest that the READMEs name, the last before the rewrite, and this repository's own. */
export const COMPILERS: Record<string, string> = {
  "5.4": toolPath("typescript-5.4", "bin", "tsc"),
  "5.9": toolPath("typescript-5.9", "bin", "tsc"),
  newest: join(ROOT, "node_modules", "typescript", "bin", "tsc"),
};
