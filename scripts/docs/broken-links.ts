import { dirname, join, normalize } from "node:path/posix";
import { anchorsOf, linksOf } from "./markdown.ts";

/** What links are judged against. */
export interface Tree {
  /** Every file of the repository, by its path from the root. */
  files: ReadonlySet<string>;
  read(path: string): string;
  /** `https://github.com/acme/oidc-proxy` */
  repository: string;
  /** The folders of packages whose README is shown elsewhere, too: there only what is packed stands beside it. */
  packed: ReadonlySet<string>;
}

/** What a package's tarball has beside its README that a link may lead to. */
const PACKED = /^(?:LICENSE|CHANGELOG\.md|[\w.-]+\.schema\.json)$/;

/** A document's links that lead nowhere, or where a reader of the published package does not get. */
export function brokenLinks(path: string, tree: Tree): string[] {
  return linksOf(tree.read(path)).flatMap(({ line, target }) => {
    const fault = faultOf(path, target, tree);
    return fault === undefined ? [] : [`line ${line}: ${target} ${fault}`];
  });
}

function faultOf(path: string, target: string, tree: Tree): string | undefined {
  const [place = "", anchor] = target.split("#");
  const own = ownPath(place, tree);
  if (own === undefined && /^[a-z][a-z0-9+.-]*:/i.test(place)) return undefined; // elsewhere
  const folder = dirname(path);
  const file = own ?? (place === "" ? path : normalize(join(folder, decodeURIComponent(place))).replace(/\/$/, ""));
  if (own === undefined && tree.packed.has(folder) && place !== "" && !PACKED.test(place)) {
    return `is not in the package: write ${tree.repository}/blob/main/${file}`;
  }
  const found = documentOf(file, tree);
  if (found === undefined) return "is not there";
  if (
    anchor === undefined ||
    anchor === "" ||
    (place === tree.repository && anchor === "readme") ||
    !found.endsWith(".md")
  )
    return undefined;
  return anchorsOf(tree.read(found)).has(anchor) ? undefined : "has no such heading";
}

/** The path that an address of our own repository names; `""` for its front page. */
function ownPath(place: string, { repository }: Tree): string | undefined {
  if (place === repository) return "README.md";
  const within = place.startsWith(`${repository}/`) ? place.slice(repository.length + 1) : undefined;
  return within?.match(/^(?:blob|tree)\/main\/(.+)$/)?.[1];
}

/** Of a folder GitHub shows the README, if it has one. */
function documentOf(path: string, { files }: Tree): string | undefined {
  const readme = path === "." ? "README.md" : `${path}/README.md`;
  if (files.has(path)) return path;
  if (files.has(readme)) return readme;
  return [...files].some((file) => file.startsWith(`${path}/`)) ? path : undefined;
}
