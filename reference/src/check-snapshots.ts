import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { changedSince, openPast } from "./changesets.ts";
import { type Entry, findEntries } from "./entries.ts";
import { readSurface } from "./surface.ts";

export const SNAPSHOTS = "docs/api";

/**
 * What is wrong with the snapshots of a tree, a line each; none if all is well. Its packages must be built.
 * @param event file of GitHub's event, if a workflow runs this
 */
export function checkSnapshots(root: string, event?: string): string[] {
  const entries = findEntries(root);
  const surfaces = entries.map((entry) => ({ entry, surface: readSurface(entry) }));
  return [
    ...surfaces.flatMap(({ entry, surface }) => compare(root, entry.snapshot, surface)),
    ...findLeftOver(root, entries),
    ...findSilentChanges(root, surfaces, event),
  ];
}

function compare(root: string, snapshot: string, surface: string): string[] {
  const path = join(SNAPSHOTS, snapshot);
  const committed = read(join(root, path));
  if (committed === undefined) return [`${path} is missing. Write it: pnpm api`];
  if (committed === surface) return [];
  const [before, now] = [committed.split("\n"), surface.split("\n")];
  const at = now.findIndex((line, index) => line !== before[index]);
  const line = at === -1 ? now.length : at;
  return [
    `${path}:${line + 1} is not what the package declares. Look at the difference, and keep it: pnpm api`,
    `  - ${before[line] ?? ""}`,
    `  + ${now[line] ?? ""}`,
  ];
}

function findLeftOver(root: string, entries: Entry[]): string[] {
  const known = new Set(entries.map(({ snapshot }) => snapshot));
  const others = globSync("*.api.md", { cwd: join(root, SNAPSHOTS) }).filter((file) => !known.has(file));
  return others.map((file) => `${join(SNAPSHOTS, file)} belongs to no entry that is published. Delete it: pnpm api`);
}

/** Whose surface is another than where this work began, and no changeset has been written since. */
function findSilentChanges(
  root: string,
  surfaces: { entry: Entry; surface: string }[],
  event: string | undefined,
): string[] {
  const past = openPast(root, event);
  if (!past.has(SNAPSHOTS)) return []; // the first snapshots of all
  const told = changedSince(root, past);
  const changed = surfaces.filter(({ entry, surface }) => past.read(join(SNAPSHOTS, entry.snapshot)) !== surface);
  const silent = new Set(changed.map(({ entry }) => entry.package).filter((name) => !told.has(name)));
  return [...silent].map(
    (name) => `What ${name} declares has changed, and no changeset says so. Write one: pnpm changeset`,
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
