import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Something that a user can import: an entry of a published package. */
export interface Entry {
  /** As in an import: `@org/oidc-verify/testing`. */
  readonly specifier: string;
  /** The package's name. */
  readonly package: string;
  /** Folder of the package. */
  readonly folder: string;
  /** Its declarations, once they are built. */
  readonly declarations: string;
  /** Name of its snapshot: `oidc-verify.testing.api.md`. */
  readonly snapshot: string;
}

interface Manifest {
  name: string;
  private?: boolean;
  publishConfig?: { exports?: Record<string, string | { types?: string }> };
}

/** Every entry that the packages of a tree publish types for, as their `publishConfig.exports` say. */
export function findEntries(root: string): Entry[] {
  return globSync("{packages,apps}/*/package.json", { cwd: root })
    .sort()
    .flatMap((path) => readEntries(join(root, path, "..")));
}

function readEntries(folder: string): Entry[] {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (manifest.private) return [];
  return Object.entries(manifest.publishConfig?.exports ?? {}).flatMap(([path, target]) => {
    if (typeof target === "string" || target.types === undefined) return [];
    const specifier = `${manifest.name}${path.slice(1)}`;
    const [, ...names] = specifier.split("/");
    const declarations = join(folder, target.types);
    return [{ specifier, package: manifest.name, folder, declarations, snapshot: `${names.join(".")}.api.md` }];
  });
}
