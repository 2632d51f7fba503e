/**
 * `pnpm release:dry`: a whole release, but that it goes to a registry on this machine: version, build, pack, publish, bundle, sums, SBOMs; and
 * all that twice, to show that one commit makes one release. In copies of the tree; this one stays as it is.
 */
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pnpm } from "../packed/src/root.ts";
import { run } from "../packed/src/run.ts";
import { buildRelease, type Release } from "./release/build.ts";
import { differences, filesBelow } from "./release/differences.ts";
import { type RehearsalRegistry, startRehearsalRegistry } from "./release/rehearsal-registry.ts";
import { copyTree } from "./tree.ts";

const root = join(import.meta.dirname, "..");
const stage = mkdtempSync(join(tmpdir(), "release-"));
// By itself pnpm takes a store on the disk of the copies, where there may be nothing yet.
process.env.pnpm_config_store_dir = await pnpm(root, "store", "path");
const registry = await startRehearsalRegistry();
try {
  await rehearse(registry);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await registry.close();
  rmSync(stage, { recursive: true, force: true, maxRetries: 5 });
}

async function rehearse(registry: RehearsalRegistry): Promise<void> {
  const first = join(stage, "first");
  await prepare(root, first);
  // Without changesets, as right after "Version packages", the versions stand already.
  if (readdirSync(join(first, ".changeset")).some((name) => name.endsWith(".md"))) await pnpm(first, "release:version");
  await commit(first);
  // Elsewhere, in a path of another length, at another hour.
  const second = join(stage, "and", "the-second");
  await prepare(first, second);
  leaveBehind(second);
  const plan = await planOf(first, registry);
  const [one, other] = [join(stage, "one"), join(stage, "other")];
  await buildRelease(first, plan, one);
  process.env.TZ = "Pacific/Kiritimati";
  await buildRelease(second, plan, other);
  same("the release", one, other);
  await publishDry(join(one, "npm", "packages"), registry);
  await publish(first, join(one, "npm"), plan, registry);
  await run("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: join(one, "assets") });
  console.log(`\n${readFileSync(join(one, "assets", "SHA256SUMS"), "utf8")}`);
  for (const path of filesBelow(join(one, "assets")).filter((name) => name.endsWith(".cdx.json")))
    console.log(`${path}: ${componentsOf(join(one, "assets", path)).join(", ") || "nothing but itself"}`);
}

/** What an earlier build may have left, and no package may bring. */
function leaveBehind(root: string): void {
  for (const manifest of globSync("{packages,apps}/*/package.json", { cwd: root })) {
    const dist = join(root, dirname(manifest), "dist");
    mkdirSync(dist, { recursive: true });
    for (const name of [".left", "left.js"]) writeFileSync(join(dist, name), "left");
  }
}

/** A copy of a tree with a commit, and with what it needs installed. */
async function prepare(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  copyTree(from, to);
  await run("git", ["init", "--quiet", "--initial-branch=main"], { cwd: to });
  await commit(to);
  await pnpm(to, "install", "--offline", "--frozen-lockfile");
}

async function commit(folder: string): Promise<void> {
  const author = ["-c", "user.name=rehearsal", "-c", "user.email=rehearsal@rehearsal.example"];
  await run("git", ["add", "--all"], { cwd: folder });
  await run("git", [...author, "commit", "--quiet", "--allow-empty", "--message=rehearsal"], { cwd: folder });
}

/** What is to be published, as changesets says: what the registry has not. From here on that tree's packages go to, and come from, this one. */
async function planOf(root: string, { url }: RehearsalRegistry): Promise<string> {
  const plan = join(stage, "publish-plan.json");
  const { name } = JSON.parse(readFileSync(join(root, "apps/worker/package.json"), "utf8"));
  const auth = `${url.replace("http:", "")}:_authToken=rehearsal`;
  writeFileSync(join(root, ".npmrc"), `${name.split("/")[0]}:registry=${url}\n${auth}\n`);
  await pnpm(root, "exec", "changeset", "publish-plan", "--output", plan);
  for (const { name, version } of releasesIn(plan)) console.log(`to publish: ${name}@${version}`);
  return plan;
}

/** As by hand, without an upload. */
async function publishDry(folder: string, { url, uploads }: RehearsalRegistry): Promise<void> {
  for (const tarball of readdirSync(folder))
    await run("npm", ["publish", tarball, "--dry-run", `--registry=${url}`], { cwd: folder });
  if (uploads.length > 0) throw new Error("A dry run has published.");
  console.log("npm publish --dry-run: every tarball is fine");
}

/** As the workflow does, to the registry on this machine; and what came there is what was built. */
async function publish(root: string, packed: string, plan: string, { uploads }: RehearsalRegistry): Promise<void> {
  const attempt = () => pnpm(root, "exec", "changeset", "publish", `--from-pack-dir=${packed}`, "--no-git-tag");
  await attempt();
  const planned = releasesIn(plan).map(({ name, version }) => `${name}@${version}`);
  const came = uploads.flatMap(({ name, versions }) => Object.keys(versions).map((version) => `${name}@${version}`));
  if (came.toSorted().join() !== planned.toSorted().join()) throw new Error(`Published ${came}, planned ${planned}`);
  for (const { name, versions } of uploads) {
    const text = JSON.stringify(Object.values(versions).map(({ exports, dependencies }) => [exports, dependencies]));
    if (!text.includes("./dist/") || /src\/|workspace:|catalog:/.test(text)) throw new Error(`${name} says: ${text}`);
  }
  // What npm has already it refuses, and that is no failure: "Re-run failed jobs" passes it over.
  await attempt();
  console.log(
    "changeset publish: each package came to the registry, with the entry points of dist, and a second time none",
  );
}

function same(what: string, one: string, other: string): void {
  const found = differences(one, other);
  if (found.length > 0) throw new Error(`Two builds of one commit differ:\n${found.join("\n")}`);
  console.log(`two builds of one commit: ${what} is alike, byte for byte, in all ${filesBelow(one).length} files`);
}

function releasesIn(plan: string): Release[] {
  return JSON.parse(readFileSync(plan, "utf8")).plan.flat();
}

function componentsOf(bom: string): string[] {
  return JSON.parse(readFileSync(bom, "utf8")).components.map(({ purl }: { purl: string }) => purl);
}
