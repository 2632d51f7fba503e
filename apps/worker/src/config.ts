import type { Trust } from "@org/oidc-verify";
import { type CorsOptions, type PresetName, presets, type RouteOptions } from "@org/proxy-core";
import * as v from "valibot";
import { type Allowance, type LimitVariable, limitNames, limits } from "./limits.ts";
import { judgeNames } from "./names.ts";
import type { Limits, RouteVariable } from "./route-rules.ts";
import {
  allowListVariables,
  commonVariables,
  corsVariables,
  policyVariables,
  routeVariables,
  upstreamVariables,
} from "./variables.ts";

/** What the worker is told by its environment, ready for use. */
export interface Config {
  issuer: string;
  audience: readonly string[];
  maxAgeSeconds: number | undefined;
  enforceExpiry: boolean;
  routes: readonly RouteConfig[];
  upstreamTimeoutMs: number;
  budgetExhaustedStatus: 429 | 403;
  /** What is no fault, and the operator should know. */
  warnings: readonly string[];
}

/** A route, whom it trusts, and how much they may do. */
interface RouteConfig extends RouteOptions {
  trust: Trust;
  allowance: Allowance;
}

/** The whole configuration, or all that is wrong with it: never some of both. */
export type ConfigResult = { config: Config; faults?: never } | { config?: never; faults: string[] };

/** Which pages of other origins may call. By itself, so that a page can read what else is wrong. */
export function readCors(env: object): Required<CorsOptions> | null {
  const { success, output } = v.safeParse(corsVariables, env);
  if (!success) return null;
  const { CORS_ORIGIN, CORS_EXTRA_HEADERS = [], CORS_EXPOSE_HEADERS = [] } = output;
  return { origin: CORS_ORIGIN, extraHeaders: CORS_EXTRA_HEADERS, exposeHeaders: CORS_EXPOSE_HEADERS };
}

/**
 * Read the worker's variables: the only reader of the environment. An empty string means unset. Whatever does not follow
 * its rule is a fault, and all faults are reported at once. A fault names the variable and its rule, never its value.
 */
export function readConfig(env: object): ConfigResult {
  const { faults, warnings } = judgeNames(env);
  const common = read(commonVariables, env, faults);
  const trust = readTrust(env, faults);
  const routes = readRoutes(env, faults);
  if (!common || !trust || !routes || faults.length > 0) return { faults };
  if (isOpen(env) && routes.some((route) => route.trust === undefined)) warnings.push(OPEN);
  for (const route of routes) warnings.push(...warnOfLowLimits(route, common));
  return {
    config: {
      issuer: common.OIDC_ISSUER,
      audience: common.OIDC_AUDIENCE,
      maxAgeSeconds: common.MAX_TOKEN_AGE_SECONDS,
      enforceExpiry: common.ENFORCE_TOKEN_EXPIRY,
      routes: routes.map((route) => {
        const { limits: _, ...options } = route;
        return { trust, allowance: allowanceOf(route, common), ...options };
      }),
      upstreamTimeoutMs: common.UPSTREAM_TIMEOUT_SECONDS * 1000,
      budgetExhaustedStatus: common.BUDGET_EXHAUSTED_STATUS,
      warnings,
    },
  };
}

/** `ALLOWED_REPOS` and `ALLOWED_REFS` are one trust rule; who needs more writes rules. */
function readTrust(env: object, faults: string[]): Trust | undefined {
  if (isSet(env, "TRUST_POLICY")) return read(policyVariables, env, faults)?.TRUST_POLICY;
  const lists = read(allowListVariables, env, faults);
  if (!lists) return undefined;
  const { ALLOWED_REPOS, ALLOWED_REFS } = lists;
  if (!ALLOWED_REPOS && !ALLOWED_REFS) return "any";
  return [{ repository: ALLOWED_REPOS ?? "*", ...(ALLOWED_REFS && { ref: ALLOWED_REFS }) }];
}

/** Without `ROUTES`, the upstream's variables are the one route. */
function readRoutes(env: object, faults: string[]): RouteVariable[] | undefined {
  if (isSet(env, "ROUTES")) return read(routeVariables(env), env, faults)?.ROUTES;
  const upstream = read(upstreamVariables, env, faults);
  if (!upstream) return undefined;
  const { UPSTREAM_URL, UPSTREAM_AUTH_HEADER, UPSTREAM_AUTH_PREFIX, UPSTREAM_API_KEY } = upstream;
  return [
    {
      upstream: UPSTREAM_URL,
      authHeader: UPSTREAM_AUTH_HEADER,
      authPrefix: UPSTREAM_AUTH_PREFIX,
      key: UPSTREAM_API_KEY,
    },
  ];
}

function read<S extends v.GenericSchema>(schema: S, env: object, faults: string[]): v.InferOutput<S> | undefined {
  const { success, output, issues } = v.safeParse(schema, env, { abortPipeEarly: true, message: "has a wrong form" });
  if (success) return output;
  faults.push(...issues.map((issue) => `${v.getDotPath(issue)} ${issue.message}`));
  return undefined;
}

const OPEN = "any repository on GitHub may call: ALLOWED_REPOS is not set";

/** Whether strangers are let in, and nobody said so aloud. */
const isOpen = (env: object) => !isSet(env, "ALLOWED_REPOS") && !isSet(env, "TRUST_POLICY");

const isSet = (env: object, name: string): boolean => {
  const value = (env as Record<string, unknown>)[name];
  return value !== undefined && value !== "";
};

const placeOf = ({ host = "", prefix }: RouteVariable) => `${host}${prefix || "/"}`;

/** What a preset's clients need. */
function limitsOfPreset(preset: PresetName | undefined): ReadonlyMap<LimitVariable, number> {
  const needed = preset && presets[preset].limits;
  const rows = needed ? limitNames.map((name) => limits[name]) : [];
  return new Map(rows.flatMap(({ variable, ofPreset }) => (needed && ofPreset ? [[variable, needed[ofPreset]]] : [])));
}

/** Clients that are starved fail in their own words, minutes later: so it is said beforehand, unless the route itself says so. */
function warnOfLowLimits(route: RouteVariable, shared: Limits): string[] {
  const low = [...limitsOfPreset(route.preset)].flatMap(([variable, units]) => {
    const set = route.limits?.[variable] === undefined ? shared[variable] : undefined;
    return set === undefined || set >= units ? [] : [{ variable, units, set }];
  });
  if (low.length === 0) return [];
  const found = low.map(({ variable, set }) => `${variable} is ${set}`).join(" and ");
  const remedy = low.map(({ variable, units }) => `"${variable}": ${units}`).join(", ");
  const who = `route ${route.name || placeOf(route)}`;
  return [`${who}: ${found}, too low for clients of ${route.preset}: give the route "limits": { ${remedy} }`];
}

/** What a route sets itself, or its preset where nobody does, is counted under its place; all else with all routes. */
function allowanceOf(route: RouteVariable, shared: Limits): Allowance {
  const brought = limitsOfPreset(route.preset);
  const allowance: { -readonly [name in keyof Allowance]: Allowance[name] } = {};
  for (const name of limitNames) {
    const { variable, units: fallback } = limits[name];
    const own = route.limits?.[variable] ?? (shared[variable] === undefined ? brought.get(variable) : undefined);
    const units = own ?? shared[variable] ?? fallback;
    if (units !== undefined) allowance[name] = { units, count: own === undefined ? "" : placeOf(route) };
  }
  return allowance;
}
