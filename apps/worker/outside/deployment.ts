import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";

/** What `wrangler.jsonc` deploys, but for its variables: these are the operator's, and no test depends on them. */
export interface Deployment {
  entry: string;
  date: string;
  flags: string[];
  /** Each binding's name, and the class that the entry exports. */
  objects: Record<string, string>;
}

export const configFile: string = fileURLToPath(new URL("../wrangler.jsonc", import.meta.url));

/** @throws Error if the file has no entry or no date. */
export function readDeployment(): Deployment {
  const { main, compatibility_date, compatibility_flags, durable_objects } = unstable_readConfig({
    config: configFile,
  });
  if (main === undefined || compatibility_date === undefined) throw new Error("wrangler.jsonc has no entry or date");
  const bindings: { name: string; class_name: string }[] = durable_objects.bindings;
  return {
    entry: main,
    date: compatibility_date,
    flags: compatibility_flags,
    objects: Object.fromEntries(bindings.map(({ name, class_name }) => [name, class_name])),
  };
}

/** The tests' own variables, in which only the issuer and the upstream are missing. They let nobody in. */
export const testVariables = {
  OIDC_AUDIENCE: "goose-oidc-proxy",
  MAX_TOKEN_AGE_SECONDS: "1200",
  MAX_REQUESTS_PER_TOKEN: "200",
  RATE_LIMIT_PER_SECOND: "2",
  ALLOWED_REPOS: "-nobody-/-nothing-",
  UPSTREAM_AUTH_HEADER: "x-api-key",
  CORS_EXTRA_HEADERS: "anthropic-version",
} as const;
