/** What this repository is called: its scope on npm, and where it lies on GitHub. */
export interface Identity {
  /** With its `@`. */
  scope: string;
  /** `owner/name`. */
  repository: string;
}

/** A scope of npm's: lower case, and short enough for the longest of our names (npm's limit is 214). */
const SCOPE = /^@[a-z\d](?:[a-z\d._-]{0,98}[a-z\d])?$/;
/** Owners have no two hyphens in a row and none at an end. */
const REPOSITORY = /^[a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38}\/(?!\.\.?$)[\w.-]{1,100}(?<!\.git)$/i;

/** What is wrong with the new identity, as a sentence that says what to change; undefined if nothing is. */
export function identityFault(from: Identity, to: Identity, lockfile: string): string | undefined {
  if (!SCOPE.test(to.scope))
    return `${JSON.stringify(to.scope)} is no scope of npm's: give one as @acme, in lower case, of letters, digits and hyphens.`;
  if (to.repository !== from.repository && !REPOSITORY.test(to.repository))
    return `${JSON.stringify(to.repository)} is no repository of GitHub's: give it as owner/name.`;
  if (to.scope === from.scope && to.repository === from.repository)
    return `It is called ${from.scope} already, and lies at ${from.repository}.`;
  // Else their packages could not be told from ours ever after.
  if (to.scope !== from.scope && lockfile.includes(`${to.scope}/`))
    return `${to.scope} is the scope of packages that this repository installs: it cannot be ours as well.`;
  return undefined;
}

/**
 * A function that puts one identity in place of another in the text of a file, wherever it stands for us: in imports, patterns, paths,
 * addresses, and names of tarballs (`npm pack` calls @acme/thing acme-thing-1.2.3.tgz). A longer word that only begins or ends so is
 * somebody else's.
 * @param names The packages of the workspace, without scope.
 */
export function createRenamer(
  from: Identity,
  to: Identity,
  names: readonly string[],
): (path: string, text: string) => string {
  const bare = (scope: string) => scope.slice(1);
  const owner = (repository: string) => repository.split("/")[0];
  const scope = new RegExp(`(?<![\\w.@-])(@|%40)${RegExp.escape(bare(from.scope))}(?![\\w-]|\\.\\w)`, "g");
  const tarball = new RegExp(
    `(?<![\\w@-])${RegExp.escape(bare(from.scope))}-(?=(?:${names.map(RegExp.escape).join("|")})(?:-\\d|-\\*|\\.tgz))`,
    "g",
  );
  const repository = new RegExp(`(?<![\\w.@-])${RegExp.escape(from.repository)}(?![\\w-])`, "g");
  const inQuery = new RegExp(`(?<=%2F)${RegExp.escape(encodeURIComponent(from.repository))}(?![\\w-])`, "gi");
  // A team belongs to the owner on GitHub, whatever the scope on npm.
  const team = new RegExp(`@${RegExp.escape(owner(from.repository) ?? "")}/`, "g");
  return (path, text) => {
    if (path === ".github/CODEOWNERS") return text.replace(team, () => `@${owner(to.repository)}/`);
    return text
      .replace(repository, () => to.repository)
      .replace(inQuery, () => encodeURIComponent(to.repository))
      .replace(scope, (_, at: string) => at + bare(to.scope))
      .replace(tarball, () => `${bare(to.scope)}-`);
  };
}
