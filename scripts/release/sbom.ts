import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

interface Component {
  purl: string;
  "bom-ref": string;
  scope?: string;
  properties?: { name: string; value: string }[];
}

/** As much of a CycloneDX document as is changed here. */
export interface Bom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** The packages whose sources went into a bundle, as its source map says, by package URL. */
export function packagesInBundle(sourceMap: string): Set<string> {
  const { sources } = JSON.parse(readFileSync(sourceMap, "utf8")) as { sources: string[] };
  return new Set(sources.map((source) => packageUrl(resolve(dirname(sourceMap), source))));
}

/** Of the package that a file belongs to: the nearest package.json above it that has a name and a version. */
function packageUrl(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name, version } = JSON.parse(readFileSync(manifest, "utf8"));
    if (name && version) return `pkg:npm/${name.replace("@", "%40")}@${version}`;
  }
  throw new Error(`${file} belongs to no package.`);
}

/**
 * What is really inside: of all that pnpm knows of a package, tools included, these components. Without the time and the random number
 * of the document, so that it is the same for the same sources.
 * @throws Error when one of them is not in it: then it would be incomplete.
 */
export function narrowBom(bom: Bom, purls: ReadonlySet<string>): Bom {
  const inside = bom.components.filter(({ purl }) => purls.has(purl)).map(shipped);
  const missing = purls.difference(new Set(inside.map(({ purl }) => purl)));
  missing.delete(bom.metadata.component.purl);
  if (missing.size > 0) throw new Error(`Not in pnpm's list: ${[...missing].join(", ")}`);
  const refs = new Set([bom.metadata.component["bom-ref"], ...inside.map((component) => component["bom-ref"])]);
  const { timestamp: _time, ...metadata } = bom.metadata;
  const { serialNumber: _number, ...rest } = bom;
  return {
    ...rest,
    metadata,
    components: inside.toSorted((a, b) => compare(a.purl, b.purl)),
    dependencies: bom.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)).toSorted(compare) }))
      .toSorted((a, b) => compare(a.ref, b.ref)),
  };
}

/** pnpm calls what is bundled a tool of development, as package.json does. */
function shipped({ scope: _scope, properties, ...component }: Component): Component {
  const others = properties?.filter(({ name }) => name !== "cdx:npm:package:development") ?? [];
  return others.length > 0 ? { ...component, properties: others } : component;
}

/** Alike in every locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
