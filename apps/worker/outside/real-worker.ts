import { fileURLToPath } from "node:url";
import type { IssuerServer } from "@org/testkit/node";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { unstable_readConfig } from "wrangler";

/** Injected for the caller's token. */
export const KEY = "sk-the-real-key";

/**
 * The worker as `wrangler.jsonc` deploys it – entry, date, flags, object, variables – in a bare workerd, for the tokens that this
 * issuer mints.
 *
 * @param variables - Over the shipped ones.
 */
export async function startRealWorker(
  issuer: IssuerServer,
  upstream: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<RunningWorkerd> {
  const config = unstable_readConfig({ config: fileURLToPath(new URL("../wrangler.jsonc", import.meta.url)) });
  const { main, compatibility_date, compatibility_flags, vars } = config;
  const objects: { name: string; class_name: string }[] = config.durable_objects.bindings;
  if (main === undefined || compatibility_date === undefined) throw new Error("wrangler.jsonc has no entry or date");
  return startWorkerd({
    entry: main,
    date: compatibility_date,
    flags: compatibility_flags,
    objects: Object.fromEntries(objects.map(({ name, class_name }) => [name, class_name])),
    bindings: {
      ...vars,
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
