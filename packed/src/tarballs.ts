import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findPublished } from "./published.ts";
import { startRegistry } from "./registry.ts";
import { pnpm, ROOT } from "./root.ts";
import { run } from "./run.ts";
import { installTools } from "./tools.ts";

/** As much of a packed `package.json` as tests read. */
export interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { types?: string; default: string }>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** A published package as npm would get it. */
export interface PackedPackage {
  name: string;
  /** Its folder in this repository. */
  source: string;
  /** Its tarball, outside the repository. */
  tarball: string;
  /** What the tarball holds, unpacked, outside the repository. */
  unpacked: string;
  /** The `package.json` in it. */
  manifest: Manifest;
}

declare module "vitest" {
  export interface ProvidedContext {
    /** Every package of the workspace that is not private. */
    packed: PackedPackage[];
    /** Address of a registry on this machine that has these packages, and nothing else. */
    registry: string;
  }
}

/** Builds and packs every published package, once for all tests. */
export default async function packAll({ provide }: TestProject): Promise<() => Promise<void>> {
  await installTools();
  const folder = mkdtempSync(join(tmpdir(), "packed-"));
  const published = await findPublished(ROOT);
  await pnpm(ROOT, "exec", "turbo", "run", "build", ...published.map(({ name }) => `--filter=${name}`));
  const packed = await Promise.all(published.map((each) => pack(each.name, each.folder, folder)));
  const registry = await startRegistry(packed);
  provide("packed", packed);
  provide("registry", registry.url);
  return async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function pack(name: string, source: string, folder: string): Promise<PackedPackage> {
  const stem = name.replace(/^@/, "").replace("/", "-");
  const tarball = join(folder, `${stem}.tgz`);
  const unpacked = join(folder, stem);
  await pnpm(source, "pack", "--out", tarball);
  mkdirSync(unpacked);
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", unpacked]);
  const manifest: Manifest = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
  return { name, source, tarball, unpacked, manifest };
}
