import type { IssuerServer } from "@org/issuer-server";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { type Deployment, readDeployment, testVariables } from "./deployment.ts";

/** Injected for the caller's token. */
export const KEY = "sk-the-real-key";

/**
 * The worker as `wrangler.jsonc` deploys it – entry, date, flags, object – in a bare workerd, for the tokens that this issuer
 * mints.
 *
 * @param variables - Over the tests' own.
 * @param changes - Another entry or object, to put something in the worker's way.
 * @param folder - Where its objects are stored. Default: the system's folder for temporary files.
 */
export async function startRealWorker(
  issuer: IssuerServer,
  upstream: string,
  variables: Readonly<Record<string, unknown>> = {},
  changes: Partial<Deployment> = {},
  folder?: string,
): Promise<RunningWorkerd> {
  return startWorkerd({
    ...readDeployment(),
    ...changes,
    ...(folder !== undefined && { folder }),
    bindings: {
      ...testVariables,
      OIDC_ISSUER: issuer.url,
      ALLOWED_REPOS: "octo-org/octo-repo",
      UPSTREAM_URL: upstream,
      UPSTREAM_API_KEY: KEY,
      ...variables,
    },
  });
}

/** For tests that are not about limits. */
export const unlimited = { MAX_REQUESTS_PER_TOKEN: "999999999", RATE_LIMIT_PER_SECOND: "100000" };
