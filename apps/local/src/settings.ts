/** Where the worker and its wrangler.jsonc are. */
export const workerDir: URL = new URL(".", import.meta.resolve("@org/oidc-proxy/package.json"));

/** A caller that the worker's settings let in. */
export interface Caller {
  audience: string;
  repository: string;
  ref: string;
}

/** Variables of the worker, by name. An empty string means unset, as in the worker. */
export type Settings = Record<string, string>;

/** The worker's variables, by how they start: a new one of these families passes through without a change here. */
export const settingName = /^((ALLOWED|BUDGET|CORS|ENFORCE|MAX|OIDC|RATE_LIMIT|UPSTREAM)_[A-Z_]+|ROUTES|TRUST_POLICY)$/;

/** What the local upstream accepts as its API key. A made-up value: it opens nothing. */
export const LOCAL_API_KEY = "sk-local-upstream-key";

const defaults: Settings = {
  OIDC_AUDIENCE: "goose-oidc-proxy",
  MAX_TOKEN_AGE_SECONDS: "1200",
  ALLOWED_REPOS: "octo-org/octo-repo",
  // Small enough to be used up while one watches.
  MAX_REQUESTS_PER_TOKEN: "10",
  RATE_LIMIT_PER_SECOND: "5",
  UPSTREAM_AUTH_HEADER: "x-api-key",
  CORS_EXTRA_HEADERS: "anthropic-version",
};

/**
 * Put the developer's file into the environment, where it does not say otherwise yet: the secrets which `ROUTES` names stand there
 * as well.
 */
export function loadDevVars(file: string | URL = new URL(".dev.vars", workerDir)): void {
  try {
    process.loadEnvFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** The settings in the environment, and nothing else of it. An empty value counts: it unsets a default. */
function settingsIn(env: NodeJS.ProcessEnv = process.env): Settings {
  return Object.fromEntries(Object.entries(env).filter(([name]) => settingName.test(name))) as Settings;
}

/**
 * The settings in the environment, over the stage's defaults. With neither `UPSTREAM_URL` nor `ROUTES` the API key is left out: a
 * real key goes to no local upstream.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const { UPSTREAM_URL: url, UPSTREAM_API_KEY: key = "", ...set } = settingsIn(env);
  if (url) return layer(defaults, { ...set, UPSTREAM_URL: url, UPSTREAM_API_KEY: key });
  return layer(defaults, { ...set, ...(set.ROUTES && { UPSTREAM_API_KEY: key }) });
}

/** Settings that the worker takes in one form or the other: who sets one unsets the other below. */
const EXCLUSIVE: readonly (readonly [set: string, unset: readonly string[]])[] = [
  ["TRUST_POLICY", ["ALLOWED_REPOS", "ALLOWED_REFS"]],
  ["ALLOWED_REPOS", ["TRUST_POLICY"]],
  ["ROUTES", ["UPSTREAM_URL", "UPSTREAM_AUTH_HEADER", "UPSTREAM_AUTH_PREFIX", "UPSTREAM_API_KEY"]],
  ["UPSTREAM_URL", ["ROUTES"]],
];

/** Settings over others, which they win against. */
export function layer<T>(below: Record<string, T>, over: Record<string, T>): Record<string, T> {
  const gone = EXCLUSIVE.flatMap(([set, unset]) => (over[set] ? unset : []));
  return { ...Object.fromEntries(Object.entries(below).filter(([name]) => !gone.includes(name))), ...over };
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
