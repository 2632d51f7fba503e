/**
 * Everything that a release consists of, from what is checked out: built once, packed, and described. The workflow publishes these very
 * files; `pnpm release:dry` makes them twice.
 */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { findPublished } from "../../packed/src/published.ts";
import { pnpm } from "../../packed/src/root.ts";
import { run } from "../../packed/src/run.ts";
import { filesBelow } from "./differences.ts";
import { type Bom, narrowBom, packagesInBundle } from "./sbom.ts";

/** A package that is going to be published, in changesets' publish plan. */
export interface Release {
  kind: string;
  name: string;
  version: string;
}

/** A package that npm gets. */
interface Published {
  name: string;
  /** Its folder in the tree. */
  folder: string;
}

/**
 * Builds and packs what a plan names.
 * @param plan A file that `changeset publish-plan` wrote.
 * @param out Gets `npm/`, from which `changeset publish --from-pack-dir` publishes, and `assets/`, for the release on GitHub.
 */
export async function buildRelease(root: string, plan: string, out: string): Promise<void> {
  const planned = (JSON.parse(readFileSync(plan, "utf8")).plan as Release[][]).flat();
  const packages = (await findPublished(root)).filter(({ name }) => planned.some((release) => release.name === name));
  // Never from a cache: what is published is what was just compiled.
  await pnpm(root, "exec", "turbo", "run", "build", "--force", ...packages.map(({ name }) => `--filter=${name}`));
  await pnpm(root, "exec", "changeset", "pack", `--from-publish-plan=${plan}`, `--out-dir=${join(out, "npm")}`);
  const assets = join(out, "assets");
  mkdirSync(assets, { recursive: true });
  for (const tarball of readdirSync(join(out, "npm", "packages"))) {
    cpSync(join(out, "npm", "packages", tarball), join(assets, tarball));
    const owner = packages.find(({ name }) => tarball.startsWith(`${name.replace("@", "").replace("/", "-")}-`));
    if (!owner) throw new Error(`${tarball} belongs to no published package.`);
    await describe(root, owner, join(assets, tarball.replace(/\.tgz$/, ".cdx.json")));
    await addWorker(root, owner, join(assets, tarball), assets);
  }
  writeSums(assets);
}

/** Writes a package's SBOM: what npm installs with it, and what is bundled in it. */
async function describe(root: string, { name, folder }: Published, file: string): Promise<void> {
  const { components } = await readBom(root, name, "--prod", "--exclude-peers");
  const installed = new Set(components.map(({ purl }) => purl));
  const bundled = filesBelow(join(folder, "dist")).filter((path) => path.endsWith(".js.map"));
  const inside = bundled.map((path) => packagesInBundle(join(folder, "dist", path)));
  const all = inside.reduce((some, more) => some.union(more), installed);
  writeFileSync(file, json(narrowBom(await readBom(root, name), all)));
}

/** The worker stands beside its tarball: what it packs, for who deploys without npm, with an SBOM of that one file. */
async function addWorker(root: string, { name, folder }: Published, tarball: string, assets: string): Promise<void> {
  const unpacked = mkdtempSync(join(tmpdir(), "unpacked-"));
  try {
    await run("tar", ["-xzf", tarball, "-C", unpacked]);
    const wanted = filesBelow(unpacked).filter((path) => /\/dist\/worker\.js(\.map)?$|\.schema\.json$/.test(path));
    for (const path of wanted) cpSync(join(unpacked, path), join(assets, basename(path)));
    if (wanted.length === 0) return;
  } finally {
    rmSync(unpacked, { recursive: true });
  }
  const inside = packagesInBundle(join(folder, "dist", "worker.js.map"));
  writeFileSync(join(assets, "worker.js.cdx.json"), json(narrowBom(await readBom(root, name), inside)));
}

async function readBom(root: string, name: string, ...options: string[]): Promise<Bom> {
  return JSON.parse(await pnpm(root, "sbom", "--sbom-format=cyclonedx", `--filter=${name}`, ...options));
}

/** As `sha256sum` writes them, and `sha256sum --check` reads them. */
function writeSums(folder: string): void {
  const sums = filesBelow(folder).map((path) => `${sha256(join(folder, path))}  ${path}\n`);
  writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
