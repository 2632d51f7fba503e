/** What the `sub` claim says. */
export type Subject = GitHubSubject | { readonly kind: "custom"; readonly raw: string };

/** A subject of GitHub's default template. */
export interface GitHubSubject {
  readonly kind: "ref" | "environment" | "pull_request";
  /** Owner's login, without the id. */
  readonly owner: string;
  /** Repository's name, without owner and id. */
  readonly repository: string;
  /** Present in subjects of the newer shape, `repo:O@OWNER_ID/R@REPO_ID:…`. */
  readonly ownerId?: string;
  /** Present in subjects of the newer shape. */
  readonly repositoryId?: string;
  /** The ref or the environment, `%3A` decoded to `:`; absent for a pull request. */
  readonly value?: string;
  readonly raw: string;
}

const REPO = /^repo:([^/:@]+)(?:@(\d+))?\/([^/:@]+)(?:@(\d+))?:(.+)$/s;

const REPOSITORY = /^repo:(?:[\w.-]+\/[\w.-]+|[\w.-]+@\d+\/[\w.-]+@\d+)(?::|$)/;

/**
 * Whether a subject begins with a repository in one of GitHub's shapes, whatever follows. One of another template may fit any
 * repository there is.
 */
export function beginsWithRepository(sub: string): boolean {
  return REPOSITORY.test(sub);
}

/**
 * Reads both of GitHub's default shapes of `sub`: by name, and by name and id (repositories created, renamed or moved after
 * 2026-07-15). Anything else comes from a custom template: `kind` is `"custom"`. Never throws.
 * Source: GitHub's "OpenID Connect reference", example subject claims.
 */
export function parseSubject(sub: string): Subject {
  const [, owner, ownerId, repository, repositoryId, context] = REPO.exec(sub) ?? [];
  const read = context === undefined ? undefined : readContext(context);
  // Either both ids or none: one alone is no shape of GitHub's.
  if (!owner || !repository || !read || (ownerId === undefined) !== (repositoryId === undefined)) {
    return { kind: "custom", raw: sub };
  }
  return {
    ...read,
    owner,
    repository,
    ...(ownerId !== undefined && repositoryId !== undefined ? { ownerId, repositoryId } : {}),
    raw: sub,
  };
}

function readContext(context: string): Pick<GitHubSubject, "kind" | "value"> | undefined {
  if (context === "pull_request") return { kind: "pull_request" };
  const [, kind, value] = /^(ref|environment):([^:]+)$/s.exec(context) ?? [];
  if (!kind || !value) return undefined;
  return { kind: kind as "ref" | "environment", value: value.replace(/%3a/gi, ":") };
}
