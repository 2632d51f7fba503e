/** Writes the snapshots of what the published packages declare, or, with `--check`, fails where they are not true. */
import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkSnapshots, SNAPSHOTS } from "./check-snapshots.ts";
import { findEntries } from "./entries.ts";
import { readSurface } from "./surface.ts";

const root = join(import.meta.dirname, "../..");

if (process.argv.includes("--check")) {
  const faults = checkSnapshots(root, process.env.GITHUB_EVENT_PATH);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
} else {
  const folder = join(root, SNAPSHOTS);
  mkdirSync(folder, { recursive: true });
  for (const file of globSync("*.api.md", { cwd: folder })) rmSync(join(folder, file));
  for (const entry of findEntries(root)) {
    writeFileSync(join(folder, entry.snapshot), readSurface(entry));
    console.log(join(SNAPSHOTS, entry.snapshot));
  }
}
