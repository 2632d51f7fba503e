import { basename, resolve } from "node:path";
import { InitError } from "./answers.ts";

/** This package, as its own `package.json` says. */
export interface Package {
  readonly name: string;
  readonly version: string;
}

/** In pieces, as whoever gives the packages their real scope replaces it everywhere where it stands in one. */
const PLACEHOLDER_SCOPE = ["@", "org/"].join("");

/** A package that nobody has published under this name, but a stranger might. */
export const isPlaceholder = (name: string): boolean => name.startsWith(PLACEHOLDER_SCOPE);

/** What `package.json` will depend on; a tarball lies in the folder, so that whoever has the folder has all. */
export interface ChosenPackage {
  readonly spec: string;
  readonly tarball?: { readonly name: string; readonly path: string };
}

/**
 * @param wish - What `--package` says: a tarball by its path, or what npm takes after a package's name.
 * @throws InitError if npm would fetch a package of a stranger's.
 */
export function choosePackage(wish: string | undefined, own: Package, currentFolder: string): ChosenPackage {
  if (wish !== undefined && isPath(wish)) {
    const path = resolve(currentFolder, wish.replace(/^file:(\/\/(?=\/))?/, ""));
    if (!/\.(tgz|tar\.gz)$/.test(path))
      throw new InitError("--package must be a tarball (.tgz), as `pnpm pack` makes one");
    return { spec: `file:${basename(path)}`, tarball: { name: basename(path), path } };
  }
  const isElsewhere = wish !== undefined && /^(https:\/\/|npm:)/.test(wish) && !isPlaceholder(wish.replace("npm:", ""));
  if (isPlaceholder(own.name) && !isElsewhere)
    throw new InitError(
      `${own.name} is a placeholder, not published yet: by this name npm would install a stranger's package. ` +
        `Say --package <tarball>, or in the clone \`pnpm new-worker <folder>\`, which packs one`,
    );
  if (wish !== undefined && !/^(?!npm:@?$)[\x21-\x7e]+$/.test(wish))
    throw new InitError("--package must be a tarball or one version");
  return { spec: wish ?? `^${own.version}` };
}

const isPath = (wish: string) =>
  /^(file:|\.{0,2}\/|[A-Za-z]:\\)/.test(wish) || (/\.(tgz|tar\.gz)$/.test(wish) && !/^\w+:/.test(wish));
