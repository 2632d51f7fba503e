import type { LimiterObject } from "./limiter-object.ts";

/** A variable as wrangler.jsonc can hold it: numbers and booleans without quotes mean the same. */
export type TextSetting = string | number | boolean;
/** JSON: as text, or as the list itself. */
export type JsonSetting = string | readonly unknown[];

/**
 * What the runtime hands to the worker. All settings are optional here, as an operator can put them in many places; what is missing or
 * wrong is told by each answer, 500, and nothing is forwarded. Secrets that routes name have names of your own.
 */
export interface ProxyEnv {
  /** The namespace of `LimiterObject`, as `durable_objects` and `migrations` of wrangler.jsonc bind it. */
  LIMITER: DurableObjectNamespace<LimiterObject>;

  // generated: settings

  /** What your workflow asks a token for; one or a list. Required. */
  OIDC_AUDIENCE?: TextSetting;
  /** https URL of the issuer. Default: `https://token.actions.githubusercontent.com`. */
  OIDC_ISSUER?: TextSetting;
  /** Accept a token for this long after its issue instead of until its `exp`. Default: unset; shipped: `1200`. */
  MAX_TOKEN_AGE_SECONDS?: TextSetting;
  /** `true`: `exp` counts as well. Default: `false`. */
  ENFORCE_TOKEN_EXPIRY?: TextSetting;
  /** `owner/repo` or `owner/*`, a list, without case; or `*` for any, said aloud. Default: unset: any, with a warning; shipped: a placeholder. */
  ALLOWED_REPOS?: TextSetting;
  /** Full refs, with case; `*` is any run of characters: `refs/tags/v*`. Default: unset: any. */
  ALLOWED_REFS?: TextSetting;
  /** JSON: trust rules instead of the two lists. Default: unset. */
  TRUST_POLICY?: JsonSetting;
  /** Budget of one token; unset, a preset may bring another. Default: `200`. */
  MAX_REQUESTS_PER_TOKEN?: TextSetting;
  /** Requests of one token in any 1,000 ms; unset, a preset may bring another. Default: `2`. */
  RATE_LIMIT_PER_SECOND?: TextSetting;
  /** Budget of one attempt of one workflow run, whatever it mints. Default: unset: not counted. */
  MAX_REQUESTS_PER_RUN?: TextSetting;
  /** Budget of one repository in one UTC day. Default: unset: not counted. */
  MAX_REQUESTS_PER_REPO_PER_DAY?: TextSetting;
  /** Budget of one owner in one UTC day. Default: unset: not counted. */
  MAX_REQUESTS_PER_OWNER_PER_DAY?: TextSetting;
  /** `403` for clients that retry every 429. Default: `429`. */
  BUDGET_EXHAUSTED_STATUS?: TextSetting;
  /** https URL, may have a base path. Required. */
  UPSTREAM_URL?: TextSetting;
  /** Header that carries the key. Default: `Authorization`. */
  UPSTREAM_AUTH_HEADER?: TextSetting;
  /** Put before the key, verbatim. Default: empty. */
  UPSTREAM_AUTH_PREFIX?: TextSetting;
  /** The key; or two, comma-separated, while you rotate. Required, a secret. */
  UPSTREAM_API_KEY?: TextSetting;
  /** To the first byte of the answer; a stream that flows has no limit. Default: `600`. */
  UPSTREAM_TIMEOUT_SECONDS?: TextSetting;
  /** JSON: many upstreams instead of the `UPSTREAM_*` above. Default: unset. */
  ROUTES?: JsonSetting;
  /** One origin, a list, `*`, or `off`. Default: `*`. */
  CORS_ORIGIN?: TextSetting;
  /** Request headers that pages may send, beside `Authorization, Content-Type, x-api-key`. Default: unset. */
  CORS_EXTRA_HEADERS?: TextSetting;
  /** Response headers that pages may read, beside the limits and request ids: `Mcp-Session-Id`. Default: unset. */
  CORS_EXPOSE_HEADERS?: TextSetting;

  // end
}
