import { claimInvalid } from "./errors.ts";

/**
 * The claims that GitHub documents. All values are strings but `iat`, `nbf` and `exp`; ids too.
 * Source: GitHub's "OpenID Connect reference". Required is what every GitHub installation sends and decisions rest on; the
 * others are optional, as older GitHub Enterprise Servers, or some events, leave them out.
 */
export interface KnownClaims {
  /** Issuer. Equal to one of the verifier's issuers, exactly (RFC 7519, section 4.1.1). */
  readonly iss: string;
  /** Subject, as the repository's template builds it; read it with `parseSubject`. */
  readonly sub: string;
  /** Audience: whatever the workflow asked for. One of the verifier's audiences is among it. */
  readonly aud: string | readonly string[];
  /** The token's own id, 1 to 256 characters. Unique per issuer. */
  readonly jti: string;
  /** Issued at, epoch seconds. */
  readonly iat: number;
  /** Expires at, epoch seconds. GitHub: `iat + 300`. */
  readonly exp: number;
  /** Not before, epoch seconds. GitHub: some minutes before `iat`. */
  readonly nbf?: number;

  /** `owner/name` of the repository whose workflow runs. Names can be given up and taken by others: prefer the id. */
  readonly repository: string;
  /** Number of the repository. Never used twice. */
  readonly repository_id?: string;
  /** User or organization that owns the repository. */
  readonly repository_owner: string;
  /** Number of the owner. Never used twice. */
  readonly repository_owner_id?: string;
  /** `public`, `private` or `internal`. */
  readonly repository_visibility?: string;

  /** Full ref that the run is for, as `refs/heads/main`. May be `""`, for a deployment by commit. */
  readonly ref: string;
  /** `branch` or `tag`. */
  readonly ref_type?: string;
  /** `"true"` if the ref is protected. */
  readonly ref_protected?: string;
  /** Commit that the run is for. */
  readonly sha?: string;
  /** Source branch of a pull request, else `""`. Chosen by whoever opens it. */
  readonly head_ref?: string;
  /** Target branch of a pull request, else `""`. */
  readonly base_ref?: string;
  /** Deployment environment of the job, if it has one. */
  readonly environment?: string;
  /** Node id of that environment. */
  readonly environment_node_id?: string;

  /** Name of the workflow; free text. */
  readonly workflow?: string;
  /** The *caller's* workflow file and ref: `o/r/.github/workflows/ci.yml@refs/heads/main`. */
  readonly workflow_ref?: string;
  /** Commit of the caller's workflow file. */
  readonly workflow_sha?: string;
  /** The *called* reusable workflow and its ref; the same as `workflow_ref` where none is called. */
  readonly job_workflow_ref?: string;
  /** Commit of the called workflow file. */
  readonly job_workflow_sha?: string;

  /** Who started the run. */
  readonly actor?: string;
  /** Number of the actor's account. */
  readonly actor_id?: string;
  /** What started the run, as `push` or `pull_request`. */
  readonly event_name?: string;
  /** Number of the run. Unique in the installation. */
  readonly run_id?: string;
  /** Number of the run within its workflow, from 1. */
  readonly run_number?: string;
  /** Attempt of the run, from 1. */
  readonly run_attempt?: string;
  /** Number of the job's check run. */
  readonly check_run_id?: string;
  /** `github-hosted` or `self-hosted`. */
  readonly runner_environment?: string;

  /** Slug of the enterprise that owns the repository. */
  readonly enterprise?: string;
  /** Number of that enterprise. */
  readonly enterprise_id?: string;
  /** Whether the issuer is that of one enterprise or of all. */
  readonly issuer_scope?: string;
}

/** The verified claims of a token: the known ones checked, all others as they came. Frozen. */
export interface GitHubClaims extends KnownClaims {
  readonly [claim: string]: unknown;
}

/** Longest `jti` taken, characters. GitHub's is a UUID; callers use it as a key. */
const MAX_JTI_LENGTH = 256;

/** Judged elsewhere, or no string. */
type Registered = "iss" | "aud" | "exp" | "iat" | "nbf";

/** Whether a claim must be there: as it is declared above. One that is left out here does not compile. */
const PRESENCE: {
  [N in Exclude<keyof KnownClaims, Registered>]-?: undefined extends KnownClaims[N] ? "optional" : "required";
} = {
  sub: "required",
  jti: "required",
  repository: "required",
  repository_owner: "required",
  ref: "required",
  repository_id: "optional",
  repository_owner_id: "optional",
  repository_visibility: "optional",
  ref_type: "optional",
  ref_protected: "optional",
  sha: "optional",
  head_ref: "optional",
  base_ref: "optional",
  environment: "optional",
  environment_node_id: "optional",
  workflow: "optional",
  workflow_ref: "optional",
  workflow_sha: "optional",
  job_workflow_ref: "optional",
  job_workflow_sha: "optional",
  actor: "optional",
  actor_id: "optional",
  event_name: "optional",
  run_id: "optional",
  run_number: "optional",
  run_attempt: "optional",
  check_run_id: "optional",
  runner_environment: "optional",
  enterprise: "optional",
  enterprise_id: "optional",
  issuer_scope: "optional",
};
const STRINGS = Object.entries(PRESENCE);

/** Names of all known claims that describe the run. */
export const RUN_CLAIMS: ReadonlySet<string> = new Set(Object.keys(PRESENCE).filter((name) => name !== "jti"));

/** Whether `aud` is one of the accepted audiences, or a list of strings with one of them (RFC 7519, section 4.1.3). */
export function hasAudience(aud: unknown, accepted: ReadonlySet<string>): boolean {
  const named: unknown[] = Array.isArray(aud) ? aud : [aud];
  return (
    named.every((audience) => typeof audience === "string") &&
    named.some((audience) => accepted.has(audience as string))
  );
}

/**
 * The payload as GitHub's claims, once issuer and times are judged. The audience is judged after the signature.
 * @throws OidcVerifyError `claim_invalid`, naming the claim
 */
export function readClaims(payload: Readonly<Record<string, unknown>>): GitHubClaims {
  for (const [name, presence] of STRINGS) {
    const value = payload[name];
    if (value === undefined && presence === "optional") continue;
    if (typeof value !== "string" || (value === "" && presence === "required" && name !== "ref"))
      throw claimInvalid(name);
  }
  const claims = payload as GitHubClaims;
  if (claims.jti.length > MAX_JTI_LENGTH) throw claimInvalid("jti");
  return claims;
}
