import { readTrustRules, type Trust, type TrustRule } from "@org/oidc-verify";
import { createRouter, type PresetName, presets, type RouteOptions, type SecretValue } from "@org/proxy-core";
import * as v from "valibot";
import { type LimitVariable, limitNames, limits } from "./limits.ts";
import { accepted, baseUrl, json, list, optional, PRINTABLE, positiveInteger, VISIBLE } from "./setting-rules.ts";

const PRESETS = Object.keys(presets) as PresetName[];

const keyRule = "must be one key, or two separated by a comma, of printable ASCII without blanks";

/** A key, or two while they are rotated. */
export const keys = v.pipe(
  list,
  v.maxLength(2, keyRule),
  v.everyItem((key) => VISIBLE.test(key), keyRule),
  v.transform((items) => items as [string, ...string[]]), // `list` is never empty
);

const limit = optional(positiveInteger, undefined);

/** One for each variable of a limit. */
export const limitRules = Object.fromEntries(limitNames.map((name) => [limits[name].variable, limit])) as Record<
  LimitVariable,
  typeof limit
>;

/** Not a list, which has no names and would pass for an object without any. */
const objectOr = (rule: string) =>
  v.custom<object>((value) => typeof value === "object" && value !== null && !Array.isArray(value), rule);

const object = objectOr("must be an object");

const limitVariables = () => v.pipe(object, v.strictObject(limitRules, "is not a limit"));

/** As the package reads them: a schema of names and values would leave out `constructor`, and with it what was to narrow a rule. */
export const trust = v.pipe(
  v.array(v.unknown(), "must be a JSON list of trust rules"),
  accepted((rules) => readTrustRules(rules as unknown as Trust)),
  v.transform((rules) => rules as unknown as readonly [TrustRule, ...TrustRule[]]),
);

const string = v.exactOptional(v.string("must be a string"));

/** The name of a secret; in its place stands what the secret holds. */
const secretOf = (env: object, variables: ReadonlySet<string>, isUnset: (name: string) => string) =>
  v.pipe(
    v.string("must be the name of a secret"),
    v.check((name) => name === "UPSTREAM_API_KEY" || !variables.has(name), "must be the name of a secret"),
    v.rawTransform<string, string>(({ dataset, addIssue, NEVER }) => {
      const value = (env as Record<string, unknown>)[dataset.value];
      if (typeof value === "string" && value !== "") return value;
      addIssue({ message: isUnset(dataset.value) });
      return NEVER;
    }),
  );

const UNSET = "must be the name of a secret that is set";
/** A name may be told only if it has the form of one: somebody may have put the secret itself there. */
export const isTellable = (name: string): boolean => /^[A-Z]+(?:_[A-Z\d]+)+$/.test(name);

const unsetByName = (name: string) => (isTellable(name) ? `${UNSET}, and ${name} is not` : UNSET);

const secretRule = "must be the name of one secret, not of two that rotate, of printable ASCII without blanks";

/** A header's value that is a secret. */
export const secretValue = (env: object, variables: ReadonlySet<string>) =>
  v.pipe(
    objectOr('must be a text, or { "secret": <name>, "prefix": <text> }'),
    v.strictObject(
      {
        secret: v.pipe(
          secretOf(env, variables, unsetByName),
          v.trim(),
          v.check((value) => VISIBLE.test(value) && !value.includes(","), secretRule),
        ),
        prefix: v.exactOptional(v.pipe(v.string("must be a text"), v.regex(PRINTABLE, "must be printable ASCII"))),
      },
      "is no part of a header, or is required: those are secret and prefix",
    ),
  );

/** By itself each: a schema of names and values would leave out `constructor`. */
const headers = (env: object, variables: ReadonlySet<string>) =>
  v.pipe(
    object,
    v.rawTransform<object, Record<string, string | SecretValue>>(({ dataset, addIssue, NEVER }) => {
      const read = Object.entries(dataset.value).map(([name, value]) => {
        if (typeof value === "string") return [name, value] as const;
        const { output, success, issues } = v.safeParse(secretValue(env, variables), value, { abortPipeEarly: true });
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

/** What somebody reads: the package, or the worker itself. */
type KnownOption = keyof RouteOptions | "trust" | "limits";

/**
 * A route as it stands in `ROUTES`: it names the secret that holds its key.
 *
 * @param variables - Names that no secret can have.
 */
export const routeEntries = (env: object, variables: ReadonlySet<string>) =>
  ({
    name: string,
    prefix: string,
    host: string,
    preset: v.exactOptional(v.picklist(PRESETS, `must be one of ${PRESETS.join(", ")}`)),
    upstream: v.exactOptional(baseUrl),
    authHeader: string,
    authPrefix: string,
    key: v.pipe(
      secretOf(env, variables, () => UNSET),
      keys,
    ),
    headers: v.exactOptional(headers(env, variables)),
    cookies: v.exactOptional(v.literal("pass", 'must be "pass", or left out')),
    allow: v.exactOptional(v.array(v.string("must be a string"), "must be a list")),
    websocket: v.exactOptional(v.boolean("must be true or false")),
    trust: v.exactOptional(trust),
    limits: v.exactOptional(limitVariables()),
  }) satisfies { [option in KnownOption]?: v.GenericSchema };

const route = (env: object, variables: ReadonlySet<string>) =>
  v.pipe(
    v.strictObject(routeEntries(env, variables), "is not an option of a route, or is required"),
    accepted((options) => assertRoutes([options])),
  );

export const routesRule = (env: object, variables: ReadonlySet<string>) =>
  json(
    v.pipe(
      v.array(route(env, variables), "must be a JSON list of routes"),
      // Each alone was checked above: what is left is what they are to each other.
      accepted((list) => list.length < 2 || list.some((each) => !isAccepted(each)) || assertRoutes(list)),
      v.minLength(1, "must hold at least one route"),
    ),
  );

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

/** What is set of the limits. */
export type Limits = Partial<Record<LimitVariable, number | undefined>>;
export type RouteOption = keyof ReturnType<typeof routeEntries>;
export type RouteVariable = v.InferOutput<ReturnType<typeof route>>;
