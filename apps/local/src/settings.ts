import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** Where the worker and its wrangler.jsonc are. */
export const workerDir: URL = new URL(".", import.meta.resolve("worker/package.json"));

/** A caller that the worker's settings let in. */
export interface Caller {
  audience: string;
  repository: string;
  ref: string;
}

/** Variables of the worker, by name. An empty string means unset, as in the worker. */
export type Settings = Record<string, string>;

/** Every variable of the worker starts with one of these, so a new one passes through without a change here. */
export const settingName = /^(ALLOWED|BUDGET|CORS|ENFORCE|MAX|OIDC|RATE_LIMIT|UPSTREAM)_[A-Z_]+$/;

/** What the local upstream accepts as its API key. A made-up value: it opens nothing. */
export const LOCAL_API_KEY = "sk-local-upstream-key";

const defaults: Settings = {
  OIDC_AUDIENCE: "goose-oidc-proxy",
  ALLOWED_REPOS: "octo-org/octo-repo",
  // Small enough to be used up while one watches.
  MAX_REQUESTS_PER_TOKEN: "10",
  RATE_LIMIT_PER_SECOND: "5",
};

/**
 * What the developer has set: `apps/worker/.dev.vars`, and over it the environment. An empty value counts: it unsets a
 * default. Without `UPSTREAM_URL` the API key is left out: a real key goes to no local upstream.
 */
export function readSettings(
  env: NodeJS.ProcessEnv = process.env,
  devVarsFile: string | URL = defaultDevVars,
): Settings {
  const all = { ...defaults, ...readDevVars(devVarsFile), ...env };
  const named = Object.entries(all).filter(([name]) => settingName.test(name));
  const { UPSTREAM_URL: url, UPSTREAM_API_KEY: key, ...settings } = Object.fromEntries(named) as Settings;
  return url ? { ...settings, UPSTREAM_URL: url, UPSTREAM_API_KEY: key ?? "" } : settings;
}

/** The first audience, repository and ref that the settings allow. */
export function callerFor({ OIDC_AUDIENCE, ALLOWED_REPOS, ALLOWED_REFS }: Settings): Caller {
  const first = (list: string | undefined) =>
    list
      ?.split(",")
      .map((item) => item.trim())
      .find(Boolean);
  return {
    audience: first(OIDC_AUDIENCE) ?? "goose-oidc-proxy",
    repository: first(ALLOWED_REPOS)?.replace("*", "octo-repo") ?? "octo-org/octo-repo",
    ref: first(ALLOWED_REFS)?.replaceAll("*", "main") ?? "refs/heads/main",
  };
}

const defaultDevVars = new URL(".dev.vars", workerDir);

function readDevVars(file: string | URL): Settings {
  try {
    return parseEnv(readFileSync(file, "utf8")) as Settings;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
