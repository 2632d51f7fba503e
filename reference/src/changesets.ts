import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CUT_OFF = "The history is cut off: `git fetch --unshallow origin main`, or in a workflow `fetch-depth: 0`";

/** The tree as it was at a commit. */
export interface Past {
  /** A file's text then; nothing if it was not there. */
  read(path: string): string | undefined;
  /** Whether there was any file in the folder then. */
  has(folder: string): boolean;
}

/**
 * The tree where this line of work began: the last commit that `main` has, too. On `main` itself that is the one that was pushed onto, where
 * GitHub's event names it; else the last one, and what is judged is what is not committed yet.
 * @param event file of the event that runs a workflow, `GITHUB_EVENT_PATH`
 * @throws if the history is cut off before that commit
 */
export function openPast(root: string, event?: string): Past {
  const base = findBase(root, event);
  return {
    read: (path) => tryGit(root, "show", `${base}:./${path}`),
    has: (folder) => Boolean(tryGit(root, "ls-tree", base, `./${folder}/`)),
  };
}

function findBase(root: string, event: string | undefined): string {
  const main = ["origin/main", "main"].find(
    (ref) => tryGit(root, "rev-parse", "--verify", "--quiet", ref) !== undefined,
  );
  const shallow = tryGit(root, "rev-parse", "--is-shallow-repository")?.trim() === "true";
  const base = main && tryGit(root, "merge-base", "HEAD", main);
  const onMain = base !== undefined && base === tryGit(root, "rev-parse", "HEAD");
  if (onMain && event !== undefined) return readPushedOnto(root, event) ?? "HEAD";
  if (base) return base.trim();
  if (shallow) throw new Error(CUT_OFF);
  return "HEAD";
}

/** Nothing for an event that is no push, or a push that wrote the history anew. */
function readPushedOnto(root: string, event: string): string | undefined {
  const { before }: { before?: unknown } = JSON.parse(readFileSync(event, "utf8"));
  if (typeof before !== "string" || !/^[0-9a-f]{40,64}$/.test(before) || /^0+$/.test(before)) return undefined;
  if (tryGit(root, "rev-parse", "--is-shallow-repository")?.trim() === "true") throw new Error(CUT_OFF);
  return tryGit(root, "merge-base", "HEAD", before)?.trim();
}

/** Packages that a changeset names which is new, or says something else, since then. */
export function changedSince(root: string, past: Past): Set<string> {
  return namedBy(readChangesets(root).filter(({ path, text }) => past.read(path) !== text));
}

interface Changeset {
  path: string;
  text: string;
}

function readChangesets(root: string): Changeset[] {
  const paths = globSync(".changeset/*.md", { cwd: root }).filter((path) => !path.endsWith("README.md"));
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The packages between the two lines of dashes: `"@org/oidc-verify": minor`. */
function namedBy(changesets: Changeset[]): Set<string> {
  const names = changesets.flatMap(({ text }) => {
    const [, head = ""] = text.split(/^---$/m);
    return [...head.matchAll(/^["']?(@?[^"':\n]+)["']?: *(?:major|minor|patch) *$/gm)].map(([, name = ""]) => name);
  });
  return new Set(names);
}

function tryGit(root: string, ...args: string[]): string | undefined {
  try {
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}
