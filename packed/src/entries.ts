import { inject } from "vitest";
import type { PackedPackage } from "./tarballs.ts";

/** What can be imported of a published package. */
export interface Entry {
  /** What stands in an `import`. */
  specifier: string;
  /** The file of its code, within the package. */
  file: string;
  from: PackedPackage;
}

/** Where an entry of `exports` leads. */
export const fileOf = (target: string | { default: string }): string =>
  typeof target === "string" ? target : target.default;

/** Every module that a published package exports: found from its packed manifest. */
export const entries: Entry[] = inject("packed").flatMap((from) =>
  Object.entries(from.manifest.exports)
    .map(([path, target]) => ({ specifier: from.name + path.slice(1), file: fileOf(target), from }))
    .filter(({ file }) => file.endsWith(".js")),
);

/** Whether an entry needs `cloudflare:workers`, which is in workerd alone. */
export const isForWorkers = ({ from }: Entry): boolean => from.name.endsWith("/oidc-proxy");

/** A dependency on each of the published packages, by name and version. */
export const dependencies: Record<string, string> = Object.fromEntries(
  inject("packed").map(({ name, manifest }) => [name, `^${manifest.version}`]),
);
