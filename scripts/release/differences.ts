import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Every file below a folder, by its path in it. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** The files that are not byte for byte alike in both folders, or are in one of them alone. */
export function differences(one: string, other: string): string[] {
  const [here, there] = [new Set(filesBelow(one)), new Set(filesBelow(other))];
  return [...here.union(there)].toSorted().flatMap((path) => {
    if (!there.has(path)) return [`${path} is in the first alone`];
    if (!here.has(path)) return [`${path} is in the second alone`];
    const at = firstDifference(readFileSync(join(one, path)), readFileSync(join(other, path)));
    return at === undefined ? [] : [`${path} differs from byte ${at} on`];
  });
}

function firstDifference(one: Buffer, other: Buffer): number | undefined {
  if (one.equals(other)) return undefined;
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at === -1 ? one.length : at;
}
