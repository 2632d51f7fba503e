import type { VerifiedToken } from "@org/oidc-verify";
import type { PresetLimits } from "@org/proxy-core";
import { type Limit, quota, slidingWindow } from "@org/token-limiter";

const DAY_MS = 86_400_000;
/** GitHub ends a run after 35 days; until then it can mint tokens. https://docs.github.com/actions/reference/limits */
const RUN_MS = 35 * DAY_MS;

/** When units come back, which says how to count, and what a caller who gets none is told. */
export const kinds = {
  /** So many in any 1,000 ms: in a moment. */
  rate: (name: string, units: number): Limit => slidingWindow({ name, limit: units, windowMs: 1000 }),
  /** So many in each UTC day: the next day. */
  daily: (name: string, units: number): Limit => quota({ name, limit: units, windowMs: DAY_MS }),
  /** So many in all: never. */
  total: (name: string, units: number): Limit => quota({ name, limit: units }),
} as const;

export type LimitKind = keyof typeof kinds;

/** A limit's name, which is stored, and which callers see: of one token in any second, in all of one token, run, day of a repository, day of an owner. */
export type LimitName = "rate" | "token" | "run" | "repository" | "owner";

/** One limit: whom it counts, how, and what is told. What has no `?` must be given: without an answer a limit does not compile. */
export interface LimitRow {
  /** Sets it: for all routes, or in a route's `limits`. */
  variable: string;
  /** Units where nobody sets it. Absent: it is not asked then. */
  units?: number;
  /** Which of a preset's limits stands for it where nobody sets it. */
  ofPreset?: keyof PresetLimits;
  kind: LimitKind;
  /** Names its objects. Limits of the same object are asked at once, where they share a count. */
  object: string;
  /** Claims that say whom to charge: ids that are never used again for another. */
  ids: readonly string[];
  /** When the count may be forgotten, epoch milliseconds. Absent: when its window ends. */
  keepUntil?: (token: VerifiedToken) => number;
  /** What a caller who gets none is told: machines, and people. */
  code: string;
  text: string;
}

const token = {
  object: "token",
  ids: ["jti"],
  keepUntil: ({ acceptedUntil }: VerifiedToken) => acceptedUntil,
} as const;

const table = {
  rate: {
    ...token,
    variable: "RATE_LIMIT_PER_SECOND",
    units: 2,
    ofPreset: "perSecond",
    kind: "rate",
    code: "rate_limited",
    text: "Rate limit exceeded",
  },
  token: {
    ...token,
    variable: "MAX_REQUESTS_PER_TOKEN",
    units: 200,
    ofPreset: "perToken",
    kind: "total",
    code: "budget_exhausted",
    text: "Token budget exhausted",
  },
  run: {
    object: "run",
    ids: ["repository_id", "run_id", "run_attempt"],
    keepUntil: ({ claims }: VerifiedToken) => claims.iat * 1000 + RUN_MS,
    variable: "MAX_REQUESTS_PER_RUN",
    kind: "total",
    code: "run_budget_exhausted",
    text: "Run budget exhausted",
  },
  repository: {
    object: "repository",
    ids: ["repository_id"],
    variable: "MAX_REQUESTS_PER_REPO_PER_DAY",
    kind: "daily",
    code: "repository_budget_exhausted",
    text: "Repository budget exhausted",
  },
  owner: {
    object: "owner",
    ids: ["repository_owner_id"],
    variable: "MAX_REQUESTS_PER_OWNER_PER_DAY",
    kind: "daily",
    code: "owner_budget_exhausted",
    text: "Owner budget exhausted",
  },
} as const satisfies Record<LimitName, LimitRow>;

export type LimitVariable = (typeof table)[LimitName]["variable"];
export type LimitCode = (typeof table)[LimitName]["code"];

/**
 * All limits: a new one is a row of this table. They are asked in this order, from the narrowest to the widest, the rate first, as what
 * it denies must not have cost anything.
 */
export const limits: Readonly<Record<LimitName, LimitRow & { variable: LimitVariable; code: LimitCode }>> = table;

export const limitNames = Object.keys(limits) as LimitName[];

/** How much a caller may do: units, and under which count. The count `""`, the default, is shared by all. What is not in it is not asked. */
export type Allowance = { readonly [name in LimitName]?: { units: number; count?: string } };
