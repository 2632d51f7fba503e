import type { KnownClaims } from "../claims.ts";

/**
 * Claims of a token to be minted: GitHub's, and any others. A value may be of any type, so that broken tokens can be made;
 * `undefined` leaves a claim out.
 */
export type MintClaims = { readonly [N in keyof KnownClaims]?: unknown } & { readonly [claim: string]: unknown };

/** What a token says where the caller of `mint` does not. */
export interface MintDefaults {
  readonly issuer: string;
  /** Default: what GitHub takes, the address of the repository's owner. */
  readonly audience: string | readonly string[] | undefined;
  /** Epoch seconds. */
  readonly now: number;
}

const COMMIT = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

/**
 * The claims of a token as GitHub issues it, for a push to a branch unless the given ones tell of something else. All that is
 * not given follows from what is: the owner, the ids and the workflow from the repository, the subject from the environment, the
 * event or the ref. Every value is a string but `iat`, `nbf` and `exp`.
 * Source: GitHub's "OpenID Connect reference".
 */
export function completeClaims(given: MintClaims, { issuer, audience, now }: MintDefaults): Record<string, unknown> {
  const iat = typeof given.iat === "number" ? given.iat : now;
  const run = describeRun(given);
  return {
    jti: crypto.randomUUID(),
    sub: subjectOf(given, run),
    aud: audience ?? `https://github.com/${run.repository_owner}`,
    iss: issuer,
    iat,
    nbf: iat - 300,
    exp: iat + 300,
    ...run,
    ...describeWorkflow(given, run),
    ...describeActor(given),
    repository_visibility: "private",
    ref_protected: "false",
    check_run_id: "55112233445",
    run_attempt: "1",
    run_id: "9988776655",
    run_number: "42",
    runner_environment: "github-hosted",
    ...given,
  };
}

/** Repository, ref and event. */
interface Run extends Record<string, string> {
  repository: string;
  repository_owner: string;
  ref: string;
  event_name: string;
}

function describeRun(given: MintClaims): Run {
  const [named = "octo-org"] = textOf(given.repository, "").split("/").filter(Boolean);
  const repository_owner = textOf(given.repository_owner, named);
  const repository = textOf(given.repository, `${repository_owner}/octo-repo`);
  const event_name = textOf(given.event_name, isOfPullRequest(given) ? "pull_request" : "push");
  const pulled = event_name.startsWith("pull_request");
  const ref = textOf(given.ref, event_name === "pull_request" ? "refs/pull/1/merge" : "refs/heads/main");
  return {
    repository,
    repository_id: idOf(repository),
    repository_owner,
    repository_owner_id: idOf(repository_owner),
    event_name,
    ref,
    ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch",
    sha: COMMIT,
    base_ref: pulled ? "main" : "",
    head_ref: pulled ? "feature" : "",
  };
}

/** What only a pull request's run has. */
function isOfPullRequest({ ref, head_ref, base_ref }: MintClaims): boolean {
  return textOf(ref, "").startsWith("refs/pull/") || textOf(head_ref, "") !== "" || textOf(base_ref, "") !== "";
}

function describeWorkflow(given: MintClaims, { repository, ref }: Run): Record<string, string> {
  const workflow_ref = textOf(given.workflow_ref, `${repository}/.github/workflows/ci.yml@${ref}`);
  const workflow_sha = textOf(given.workflow_sha, textOf(given.sha, COMMIT));
  return { workflow: "CI", workflow_ref, workflow_sha, job_workflow_ref: workflow_ref, job_workflow_sha: workflow_sha };
}

function describeActor(given: MintClaims): Record<string, string> {
  const actor = textOf(given.actor, "octocat");
  return { actor, actor_id: idOf(actor) };
}

/** An environment hides the event, and a pull request its ref. */
function subjectOf({ environment }: MintClaims, { repository, event_name, ref }: Run): string {
  const named = textOf(environment, "");
  if (named !== "") return `repo:${repository}:environment:${named.replaceAll(":", "%3A")}`;
  return `repo:${repository}:${event_name === "pull_request" ? "pull_request" : `ref:${ref}`}`;
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

/** Numbers of those that GitHub's own examples name. */
const KNOWN_IDS: ReadonlyMap<string, string> = new Map([
  ["octo-org", "9919"],
  ["octo-org/octo-repo", "1296269"],
  ["octocat", "583231"],
]);

/** One name has one number, whatever its case, and hardly ever another's. */
function idOf(name: string): string {
  const key = name.toLowerCase();
  let hash = 0x811c9dc5; // FNV-1a
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return KNOWN_IDS.get(key) ?? String(hash);
}
