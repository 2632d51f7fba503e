// Writes the licenses of what is bundled, which ask to stand beside every copy. What that is the source maps say.

import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The folder of the installed package that a source is of; nothing for one of this repository. */
function packageOf(source: string): string | undefined {
  if (!source.includes("/node_modules/")) return undefined;
  let folder = dirname(source);
  while (!existsSync(join(folder, "package.json")) || !("name" in manifestOf(folder))) folder = dirname(folder);
  return folder;
}

function manifestOf(folder: string): { name?: string; version?: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** @throws Error if a package brings no license, and must not be bundled then. */
function licenseOf(folder: string): string {
  const { name, version } = manifestOf(folder);
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  if (file === undefined) throw new Error(`${name} is bundled, and has no license beside it`);
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

const sources = globSync("dist/*.js.map", { cwd: root }).flatMap((map): string[] =>
  JSON.parse(readFileSync(join(root, map), "utf8")).sources.map((source: string) => resolve(root, "dist", source)),
);
const folders = new Set(sources.map(packageOf).filter((folder) => folder !== undefined));
const licenses = [...folders].map(licenseOf).toSorted();
writeFileSync(join(root, "THIRD-PARTY-LICENSES"), licenses.join(`\n${"-".repeat(80)}\n\n`));
