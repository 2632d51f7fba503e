export interface ClaimsOptions {
  issuer: string;
  audience: string | string[];
  repository?: string;
  ref?: string;
  /** Issue time, epoch seconds. */
  iat: number;
  /** Lifetime in seconds. GitHub's tokens live 300. */
  ttlSeconds?: number;
}

/** The claims of a token as GitHub issues it for a push: every value a string but `iat`, `nbf` and `exp`. */
export function githubClaims(options: ClaimsOptions): Record<string, unknown> {
  const { issuer, audience, iat, repository = "octo-org/octo-repo", ref = "refs/heads/main" } = options;
  const [owner = ""] = repository.split("/");
  return {
    jti: crypto.randomUUID(),
    sub: `repo:${repository}:ref:${ref}`,
    aud: audience,
    iss: issuer,
    iat,
    nbf: iat - 300,
    exp: iat + (options.ttlSeconds ?? 300),
    actor: "octocat",
    actor_id: "583231",
    base_ref: "",
    check_run_id: "55112233445",
    event_name: "push",
    head_ref: "",
    job_workflow_ref: `${repository}/.github/workflows/ci.yml@${ref}`,
    job_workflow_sha: "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
    ref,
    ref_protected: "false",
    ref_type: "branch",
    repository,
    repository_id: "1296269",
    repository_owner: owner,
    repository_owner_id: "9919",
    repository_visibility: "private",
    run_attempt: "1",
    run_id: "9988776655",
    run_number: "42",
    runner_environment: "github-hosted",
    sha: "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
    workflow: "CI",
    workflow_ref: `${repository}/.github/workflows/ci.yml@${ref}`,
    workflow_sha: "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
  };
}
