import { createRouter } from "@org/proxy-core";
import * as v from "valibot";
import { keys, limitRules, routesRule, trust } from "./route-rules.ts";
import {
  accepted,
  baseUrl,
  boolean,
  headerName,
  items,
  json,
  list,
  listOf,
  optional,
  PRINTABLE,
  positiveInteger,
  required,
  text,
} from "./setting-rules.ts";

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

const repository = /^[\w.-]+\/([\w.-]+|\*)$/;

const allowLists = {
  ALLOWED_REPOS: optional(
    v.pipe(
      list,
      v.check(
        (named) => named.join() === "*" || named.every((item) => repository.test(item)),
        "must list owner/repo or owner/*, or be * for any repository",
      ),
      items(repository, "*"),
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
  UPSTREAM_AUTH_PREFIX: optional(v.pipe(v.string(), v.regex(PRINTABLE, "must be printable ASCII")), ""),
  UPSTREAM_API_KEY: required(keys),
};

/** Every variable that there is. */
export const variableNames: ReadonlySet<string> = new Set([
  ...[common, policy, upstream].flatMap((entries) => Object.keys(entries)),
  "ROUTES",
]);

const routes = (env: object) => ({
  UPSTREAM_URL: unset("ROUTES"),
  UPSTREAM_AUTH_HEADER: unset("ROUTES"),
  UPSTREAM_AUTH_PREFIX: unset("ROUTES"),
  ROUTES: routesRule(env, variableNames),
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

/** What can be set: `docs/sentences.ts` says of each what it means. */
export type VariableName = keyof typeof common | keyof typeof policy | keyof typeof upstream | "ROUTES";
