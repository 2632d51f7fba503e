/**
 * Tags and releases on GitHub, of the tarballs that were built: what they are called is read from them, not from what a publishing step did
 * just now. So whatever an earlier attempt left is brought to its end.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../packed/src/run.ts";

interface Tarball {
  tag: string;
  isWorker: boolean;
  isPrerelease: boolean;
  notes: string;
}

/**
 * Makes what is missing of a tag and a release for each tarball, and attaches all files to the worker's.
 * @param assets What `buildRelease` wrote.
 * @param commit What the tags point to.
 */
export async function attachRelease(assets: string, commit: string): Promise<void> {
  const files = readdirSync(assets).toSorted();
  const tarballs = await Promise.all(
    files.filter((file) => file.endsWith(".tgz")).map((file) => readTarball(join(assets, file))),
  );
  const worker = tarballs.find(({ isWorker }) => isWorker);
  if (!worker) throw new Error(`There is no worker in ${assets}, to whose release the files are attached.`);
  for (const tarball of tarballs) {
    await tagOnce(tarball.tag, commit);
    await releaseOnce(tarball);
  }
  await run("gh", ["release", "upload", worker.tag, "--clobber", ...files.map((file) => join(assets, file))]);
}

async function readTarball(file: string): Promise<Tarball> {
  const read = (path: string) => run("tar", ["-xzOf", file, `package/${path}`]);
  const { name, version } = JSON.parse(await read("package.json"));
  return {
    tag: `${name}@${version}`,
    isWorker: name.endsWith("/oidc-proxy"),
    isPrerelease: version.includes("-"),
    notes: notesOf(version, await read("CHANGELOG.md")),
  };
}

/** What stands below a version's heading. */
function notesOf(version: string, changelog: string): string {
  const sections = changelog.split(/^## /m);
  return (
    sections
      .find((section) => section.startsWith(`${version}\n`))
      ?.slice(version.length)
      .trim() ?? ""
  );
}

async function tagOnce(tag: string, commit: string): Promise<void> {
  const there = await answerOf("api", `repos/{owner}/{repo}/git/ref/tags/${tag}`, "--jq=.object.sha");
  if (there === undefined)
    await run("gh", ["api", "repos/{owner}/{repo}/git/refs", "-f", `ref=refs/tags/${tag}`, "-f", `sha=${commit}`]);
  else if (there !== commit) throw new Error(`${tag} is already the tag of another commit, ${there}.`);
}

async function releaseOnce({ tag, isWorker, isPrerelease, notes }: Tarball): Promise<void> {
  if ((await answerOf("release", "view", tag)) !== undefined) return;
  const options = [`--latest=${isWorker && !isPrerelease}`, `--prerelease=${isPrerelease}`, `--notes=${notes}`];
  await run("gh", ["release", "create", tag, "--verify-tag", `--title=${tag}`, ...options]);
}

/** What GitHub says; undefined where it has none, or says nothing: making it then succeeds, or fails aloud. */
async function answerOf(...args: string[]): Promise<string | undefined> {
  return run("gh", args).catch(() => undefined);
}
