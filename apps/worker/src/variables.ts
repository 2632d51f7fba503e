import { readTrustRules, type Trust, type TrustRule } from "@org/oidc-verify";
import { createRouter, type PresetName, presets, type RouteOptions, type SecretValue } from "@org/proxy-core";
import * as v from "valibot";
import { type LimitVariable, limitNames, limits } from "./limits.ts";
import {
  accepted,
  baseUrl,
  boolean,
  headerName,
  json,
  list,
  listOf,
  optional,
  positiveInteger,
  required,
  text,
} from "./setting-rules.ts";

const PRESETS = Object.keys(presets) as PresetName[];

const keyRule = "must be one key, or two separated by a comma, of printable ASCII without blanks";

/** A key, or two while they are rotated. */
const keys = v.pipe(
  list,
  v.maxLength(2, keyRule),
  v.everyItem((key) => /^[\x21-\x7e]+$/.test(key), keyRule),
  v.transform((items) => items as [string, ...string[]]), // `list` is never empty
);

const originRule = "must be *, off, or a list of origins such as https://app.example";

const cors = {
  CORS_ORIGIN: optional(
    v.union(
      [v.picklist(["*", "off"]), listOf(/^[a-z][a-z0-9+.-]*:\/\/(?:(?![A-Z/?#@\\*])[\x21-\x7e])+$/, originRule)],
      originRule,
    ),
    "*",
  ),
  CORS_EXTRA_HEADERS: optional(listOf(headerName, "must list header names"), undefined),
  CORS_EXPOSE_HEADERS: optional(listOf(headerName, "must list header names"), undefined),
};

const limit = optional(positiveInteger, undefined);

const limitRules = Object.fromEntries(limitNames.map((name) => [limits[name].variable, limit])) as Record<
  LimitVariable,
  typeof limit
>;

/** Not a list, which has no names and would pass for an object without any. */
const object = v.custom<object>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "must be an object",
);

const limitVariables = () => v.pipe(object, v.strictObject(limitRules, "is not a limit"));

/** As the package reads them: a schema of names and values would leave out `constructor`, and with it what was to narrow a rule. */
const trust = v.pipe(
  v.array(v.unknown(), "must be a JSON list of trust rules"),
  accepted((rules) => readTrustRules(rules as unknown as Trust)),
  v.transform((rules) => rules as unknown as readonly [TrustRule, ...TrustRule[]]),
);

const string = v.exactOptional(v.string("must be a string"));

/** The name of a secret; in its place stands what the secret holds. */
const secretOf = (env: object, isUnset: (name: string) => string) =>
  v.pipe(
    v.string("must be the name of a secret"),
    v.check((name) => name === "UPSTREAM_API_KEY" || !variableNames.has(name), "must be the name of a secret"),
    v.rawTransform<string, string>(({ dataset, addIssue, NEVER }) => {
      const value = (env as Record<string, unknown>)[dataset.value];
      if (typeof value === "string") return value;
      addIssue({ message: isUnset(dataset.value) });
      return NEVER;
    }),
    keys,
  );

const UNSET = "must be the name of a secret that is set";
/** The name is told only if it has the form of one: somebody may have put the secret itself there. */
const unsetByName = (name: string) => (/^[A-Z]+(?:_[A-Z\d]+)+$/.test(name) ? `${UNSET}, and ${name} is not` : UNSET);

const secretValue = (env: object) =>
  v.pipe(
    object,
    v.strictObject(
      {
        secret: v.pipe(
          secretOf(env, unsetByName),
          v.maxLength(1, "must be the name of one secret, not of two that rotate"),
          v.transform(([value]) => value),
        ),
        prefix: string,
      },
      'must be a string or { "secret": <name>, "prefix": <text> }',
    ),
  );

/** By itself each: a schema of names and values would leave out `constructor`. */
const headers = (env: object) =>
  v.pipe(
    object,
    v.rawTransform<object, Record<string, string | SecretValue>>(({ dataset, addIssue, NEVER }) => {
      const read = Object.entries(dataset.value).map(([name, value]) => {
        if (typeof value === "string") return [name, value] as const;
        const { output, success, issues } = v.safeParse(secretValue(env), value, { abortPipeEarly: true });
        for (const issue of issues ?? []) {
          const within = v.getDotPath(issue);
          addIssue({ message: `${name}${within ? `.${within}` : ""} ${issue.message}` });
        }
        return [name, success ? output : ""] as const;
      });
      return dataset.issues ? NEVER : Object.fromEntries(read);
    }),
  );

const isAccepted = (each: object) => {
  try {
    assertRoutes([each]);
    return true;
  } catch {
    return false;
  }
};

const assertRoutes = (list: readonly object[]) => {
  createRouter(list.map((each) => ({ ...each, trust: undefined, limits: undefined })) as unknown as RouteOptions[]);
};

/** A route as it stands in `ROUTES`: it names the secret that holds its key. */
export const routeEntries = (env: object) => ({
  name: string,
  prefix: string,
  host: string,
  preset: v.exactOptional(v.picklist(PRESETS, `must be one of ${PRESETS.join(", ")}`)),
  upstream: v.exactOptional(baseUrl),
  authHeader: string,
  authPrefix: string,
  key: secretOf(env, () => UNSET),
  headers: v.exactOptional(headers(env)),
  cookies: v.exactOptional(v.literal("pass", 'must be "pass", or left out')),
  allow: v.exactOptional(v.array(v.string("must be a string"), "must be a list")),
  websocket: v.exactOptional(v.boolean("must be true or false")),
  trust: v.exactOptional(trust),
  limits: v.exactOptional(limitVariables()),
});

const route = (env: object) =>
  v.pipe(
    v.strictObject(routeEntries(env), "is not an option of a route, or is required"),
    accepted((options) => assertRoutes([options])),
  );

const common = {
  OIDC_ISSUER: optional(baseUrl, "https://token.actions.githubusercontent.com"),
  OIDC_AUDIENCE: required(list),
  MAX_TOKEN_AGE_SECONDS: optional(positiveInteger, undefined),
  ENFORCE_TOKEN_EXPIRY: optional(boolean, "false"),
  ...limitRules,
  BUDGET_EXHAUSTED_STATUS: optional(
    v.pipe(
      v.picklist(["429", "403"], "must be 429 or 403"),
      v.transform((value) => (value === "429" ? 429 : 403)),
    ),
    "429",
  ),
  UPSTREAM_TIMEOUT_SECONDS: optional(
    v.pipe(positiveInteger, v.maxValue(2_147_483, "must be at most 2147483")), // what a timer can count
    "600",
  ),
  ...cors,
};

const unset = (because: string) => v.pipe(text, v.literal("", `must be unset, as ${because} is set`));

const allowLists = {
  ALLOWED_REPOS: optional(
    v.pipe(
      list,
      v.check(
        (items) => items.join() === "*" || items.every((item) => /^[\w.-]+\/([\w.-]+|\*)$/.test(item)),
        "must list owner/repo or owner/*, or be * for any repository",
      ),
    ),
    undefined,
  ),
  ALLOWED_REFS: optional(
    listOf(/^(refs\/|\*)/, "must list full refs such as refs/heads/main or refs/tags/v*"),
    undefined,
  ),
};

const policy = {
  ALLOWED_REPOS: unset("TRUST_POLICY"),
  ALLOWED_REFS: unset("TRUST_POLICY"),
  TRUST_POLICY: json(trust),
};

const upstream = {
  UPSTREAM_URL: required(baseUrl),
  UPSTREAM_AUTH_HEADER: optional(
    v.pipe(
      v.string(),
      v.regex(headerName, "must be a header name"),
      accepted((authHeader) => createRouter([{ upstream: "https://upstream.example", key: "key", authHeader }])),
    ),
    "Authorization",
  ),
  UPSTREAM_AUTH_PREFIX: optional(v.pipe(v.string(), v.regex(/^[\x20-\x7e]*$/, "must be printable ASCII")), ""),
  UPSTREAM_API_KEY: required(keys),
};

const routes = (env: object) => ({
  UPSTREAM_URL: unset("ROUTES"),
  UPSTREAM_AUTH_HEADER: unset("ROUTES"),
  UPSTREAM_AUTH_PREFIX: unset("ROUTES"),
  ROUTES: json(
    v.pipe(
      v.array(route(env), "must be a JSON list of routes"),
      // Each alone was checked above: what is left is what they are to each other.
      accepted((list) => list.length < 2 || list.some((each) => !isAccepted(each)) || assertRoutes(list)),
      v.minLength(1, "must hold at least one route"),
    ),
  ),
});

/** For pages of other origins. */
export const corsVariables = v.object(cors);
/** Everything but whom to trust and where to forward. */
export const commonVariables = v.object(common);
/** Whom to trust, in one of two forms. */
export const allowListVariables = v.object(allowLists);
export const policyVariables = v.object(policy);
/** Where to forward, in one of two forms. */
export const upstreamVariables = v.object(upstream);
export const routeVariables = (env: object) => v.object(routes(env));

/** The secrets that `ROUTES` names, for keys and in headers, however wrong the rest of it is. */
export function secretsNamedBy(env: object): ReadonlySet<string> {
  const anything = json(v.array(v.looseObject({ key: v.optional(v.unknown()), headers: v.optional(v.unknown()) })));
  const { success, output } = v.safeParse(anything, (env as { ROUTES?: unknown }).ROUTES);
  const named = (success ? output : []).flatMap(({ key, headers }): unknown[] => [
    key,
    ...Object.values(headers ?? {}).map((value) => value?.secret),
  ]);
  return new Set(named.filter((name) => typeof name === "string"));
}

/** Every variable that there is. */
export const variableNames: ReadonlySet<string> = new Set(
  [common, policy, upstream, routes({})].flatMap((entries) => Object.keys(entries)),
);

/** What is set of the limits. */
export type Limits = Partial<Record<LimitVariable, number | undefined>>;
/** What can be set: `docs/sentences.ts` says of each what it means. */
export type VariableName = keyof typeof common | keyof typeof policy | keyof typeof upstream | "ROUTES";
export type RouteOption = keyof ReturnType<typeof routeEntries>;
export type RouteVariable = v.InferOutput<ReturnType<typeof route>>;
