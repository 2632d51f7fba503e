import * as v from "valibot";

export type Settings = v.InferOutput<typeof settingsSchema>;
export type CorsSettings = v.InferOutput<typeof corsSchema>;

/** All settings, or what is wrong with them: never some of both. */
export type SettingsResult = { settings: Settings; faults?: never } | { settings?: never; faults: string[] };

/** The settings for pages of other origins, by themselves: a page should be able to read what else is wrong. */
export function readCorsSettings(env: object): CorsSettings | null {
  const result = v.safeParse(corsSchema, env);
  return result.success ? result.output : null;
}

/**
 * Read the worker's variables: the only reader of the environment. An empty string means unset. Whatever does not follow
 * its rule is a fault, and all faults are reported at once. A fault names the variable and its rule, never its value.
 */
export function readSettings(env: object): SettingsResult {
  const result = v.safeParse(settingsSchema, env, { abortPipeEarly: true });
  if (result.success) return { settings: result.output };
  return { faults: result.issues.map((issue) => `${v.getDotPath(issue)} ${issue.message}`) };
}

// Numbers and booleans without quotes in wrangler.jsonc arrive as such; they mean the same.
const text = v.pipe(
  v.optional(v.union([v.string(), v.number(), v.boolean()], "must be a string"), ""),
  v.transform(String),
);

const required = <S extends v.GenericSchema<string, unknown>>(rule: S) => v.pipe(text, v.nonEmpty("is required"), rule);

const optional = <S extends v.GenericSchema<string, unknown>, D extends v.InferInput<S> | undefined>(
  rule: S,
  fallback: D,
) =>
  v.pipe(
    text,
    v.transform((value) => (value === "" ? undefined : value)),
    v.optional(rule, fallback),
  );

// Nine digits keep every sum and product of them an exact number.
const positiveInteger = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,8}$/, "must be a positive integer of at most 9 digits"),
  v.transform(Number),
);

const boolean = v.pipe(
  v.picklist(["true", "false"], "must be true or false"),
  v.transform((value) => value === "true"),
);

const list = v.pipe(
  v.string(),
  v.transform((value) => value.split(",").map((item) => item.trim())),
  v.transform((items) => items.filter((item) => item !== "")),
  v.minLength(1, "must name at least one value, or be unset"),
);

const listOf = (item: RegExp, rule: string) =>
  v.pipe(
    list,
    v.everyItem((value) => item.test(value), rule),
  );

const isLoopback = (hostname: string) => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** An https URL that is an address and nothing more, its path already in the form in which it will be sent. */
const baseUrl = v.pipe(
  v.string(),
  v.transform((value) => value.replace(/\/$/, "")),
  v.check((value) => {
    const url = URL.parse(value);
    if (url === null || /[?#@\s\\]/.test(value)) return false;
    const path = value.replace(/^\w+:\/\/[^/]*/, "");
    if ((path || "/") !== url.pathname || path.includes("//") || /%2e|%2f|%5c/i.test(path)) return false;
    return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
  }, "must be an https URL (http only for a loopback host) without user, query, fragment or dot segments"),
);

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

const keyRule = "must be one key, or two separated by a comma, of printable ASCII without blanks";

const originRule = "must be *, off, or a list of origins such as https://app.example";

const corsSchema = v.object({
  CORS_ORIGIN: optional(
    v.union([v.picklist(["*", "off"]), listOf(/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\*]+$/, originRule)], originRule),
    "*",
  ),
  CORS_EXTRA_HEADERS: optional(listOf(headerName, "must list header names"), undefined),
});

const settingsSchema = v.object({
  OIDC_ISSUER: optional(baseUrl, "https://token.actions.githubusercontent.com"),
  OIDC_AUDIENCE: required(list),
  MAX_TOKEN_AGE_SECONDS: optional(positiveInteger, undefined),
  ENFORCE_TOKEN_EXPIRY: optional(boolean, "false"),
  MAX_REQUESTS_PER_TOKEN: optional(positiveInteger, "200"),
  RATE_LIMIT_PER_SECOND: optional(positiveInteger, "2"),
  MAX_REQUESTS_PER_RUN: optional(positiveInteger, undefined),
  MAX_REQUESTS_PER_REPO_PER_DAY: optional(positiveInteger, undefined),
  MAX_REQUESTS_PER_OWNER_PER_DAY: optional(positiveInteger, undefined),
  BUDGET_EXHAUSTED_STATUS: optional(
    v.pipe(
      v.picklist(["429", "403"], "must be 429 or 403"),
      v.transform((value) => (value === "429" ? 429 : 403)),
    ),
    "429",
  ),
  ALLOWED_REPOS: optional(listOf(/^[\w.-]+\/([\w.-]+|\*)$/, "must list owner/repo or owner/*"), undefined),
  ALLOWED_REFS: optional(
    listOf(/^(refs\/|\*)/, "must list full refs such as refs/heads/main or refs/tags/v*"),
    undefined,
  ),
  UPSTREAM_URL: required(baseUrl),
  UPSTREAM_AUTH_HEADER: optional(v.pipe(v.string(), v.regex(headerName, "must be a header name")), "Authorization"),
  UPSTREAM_AUTH_PREFIX: optional(v.pipe(v.string(), v.regex(/^[\x20-\x7e]*$/, "must be printable ASCII")), ""),
  UPSTREAM_API_KEY: required(
    v.pipe(
      list,
      v.maxLength(2, keyRule),
      v.everyItem((key) => /^[\x21-\x7e]+$/.test(key), keyRule),
    ),
  ),
  UPSTREAM_TIMEOUT_SECONDS: optional(positiveInteger, "600"),
  ...corsSchema.entries,
});
