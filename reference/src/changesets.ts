import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The tree as it was at a commit. */
export interface Past {
  /** A file's text then; nothing if it was not there. */
  read(path: string): string | undefined;
  /** Whether there was any file in the folder then. */
  has(folder: string): boolean;
}

/**
 * The tree where this line of work began: the last commit that `main` has, too. On `main` itself that is the last commit, so what is
 * judged is what is not committed yet. A release is such a commit, too: it takes the changesets with it.
 * @throws if the history is cut off before that commit
 */
export function openPast(root: string): Past {
  const base = findBase(root);
  return {
    read: (path) => tryGit(root, "show", `${base}:./${path}`),
    has: (folder) => Boolean(tryGit(root, "ls-tree", base, `./${folder}/`)),
  };
}

function findBase(root: string): string {
  const main = ["origin/main", "main"].find(
    (ref) => tryGit(root, "rev-parse", "--verify", "--quiet", ref) !== undefined,
  );
  const shallow = tryGit(root, "rev-parse", "--is-shallow-repository")?.trim() === "true";
  const base = main && tryGit(root, "merge-base", "HEAD", main);
  if (base) return base.trim();
  if (shallow)
    throw new Error("The history is cut off: `git fetch --unshallow origin main`, or in a workflow `fetch-depth: 0`");
  return "HEAD";
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
