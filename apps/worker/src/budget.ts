import { type GitHubClaims, OidcVerifyError, type VerifiedToken } from "@org/oidc-verify";
import { every, type Limit, type LimitStatus } from "@org/token-limiter";
import { aFunction, anObject, aPositiveInteger, aString, assertOptions, aThingOf, orAbsent } from "./assert-options.ts";
import type { TurnLimiter } from "./durable-limiter.ts";
import { type Allowance, kinds, type LimitName, limitNames, limits } from "./limits.ts";
import { createSpentMemory, type SpentMemory } from "./spent.ts";

/** What one request took. */
export interface Charge {
  /** How the caller's limits stand. */
  limits: LimitStatus[];
  /** Nobody: that tells it from a denial. */
  deniedBy?: undefined;
}

/** Nothing was taken. */
export interface Denied {
  /** How the caller's limits stand, as far as they were asked. */
  limits: LimitStatus[];
  /** The limit that is spent. */
  deniedBy: LimitName;
  /** Milliseconds after which the caller shall come back, where that is a moment of their own. */
  turnMs?: number | undefined;
}

/** What callers of a route may spend. */
export interface Budget {
  /**
   * Charge one unit to every limit, or none. A denial is a value.
   *
   * @throws OidcVerifyError `claim_invalid` if the token lacks what must be counted
   * @throws LimiterError `limiter_unavailable`
   */
  take(token: VerifiedToken): Promise<Charge | Denied>;
}

/** Options of {@link createBudget}. */
export interface BudgetOptions {
  /** Which limits are asked, and how much each allows. */
  allowance: Allowance;
  /** Counts: `(limit) => createDurableLimiter(env.LIMITER, limit)`. */
  createLimiter(limit: Limit): TurnLimiter;
  /** What is known to be spent. Share one between all budgets of a worker, as they share counts. Default: one of its own. */
  spent?: SpentMemory;
  /**
   * Told before anything is taken: from here on the caller may spend, even one who does not wait for the answer. Give it the
   * report's `firstUse`. Default: nobody is told.
   */
  onTake?(token: VerifiedToken): void;
}

/** Limits that are asked at once: one object for each caller. */
interface Scope {
  /** Names its objects. */
  object: string;
  /** Under different names the same caller is counted apart. */
  count: string;
  limiter: TurnLimiter;
  ids: readonly string[];
  keepUntil?: ((token: VerifiedToken) => number) | undefined;
}

/**
 * The limits of one allowance. Each scope and key has its own object, so each scales on its own.
 *
 * @throws TypeError naming the option, or the limit: an allowance must have one at least, and none that there is not
 */
export function createBudget(options: BudgetOptions): Budget {
  assertOptions(options, CHECKS);
  const { allowance, createLimiter, spent = createSpentMemory(), onTake } = options;
  const scopes = scopesOf(allowance, createLimiter);
  return { take: (token) => takeFrom(scopes, token, spent, onTake) };
}

/** A limit under a misspelt name would be no limit. */
function assertAllowance(at: string, allowance: unknown): void {
  anObject(at, allowance);
  const ofLimit = { units: aPositiveInteger, count: orAbsent(aString) };
  const each = orAbsent((name, value) => assertOptions(value, ofLimit, `${name}.`));
  assertOptions(allowance, Object.fromEntries(limitNames.map((name) => [name, each])), `${at}.`);
  if (limitNames.some((name) => (allowance as Allowance)[name] !== undefined)) return;
  throw new TypeError(`${at}: must have at least one of ${limitNames.join(", ")}`);
}

const CHECKS = {
  allowance: assertAllowance,
  createLimiter: aFunction,
  spent: orAbsent(aThingOf("what createSpentMemory makes", "recall", "remember", "forget")),
  onTake: orAbsent(aFunction),
};

const assertLimiter = aThingOf("a function that makes limiters with takeOrTurn and give", "takeOrTurn", "give");

/** Limits of one object are one scope, unless a route counts one of them by itself: then each is asked where it is counted. */
function scopesOf(allowance: Allowance, createLimiter: BudgetOptions["createLimiter"]): Scope[] {
  const scopes: (Omit<Scope, "limiter"> & { parts: Limit[] })[] = [];
  for (const name of limitNames) {
    const allowed = allowance[name];
    if (allowed === undefined) continue;
    const { kind, object, ids, keepUntil } = limits[name];
    const { units, count = "" } = allowed;
    const part = kinds[kind](name, units);
    const same = scopes.find((scope) => scope.object === object && scope.count === count);
    // Of two that deny, the one that is spent for good is named, and not the one that is free again in a moment.
    if (same) same.parts.unshift(part);
    else scopes.push({ object, count, ids, keepUntil, parts: [part] });
  }
  return scopes.map(({ parts, ...scope }) => {
    const limiter = createLimiter(whole(scope.object, parts));
    assertLimiter("createLimiter", limiter);
    return { ...scope, limiter };
  });
}

/** An object of several limits stores each under its name, even where one of them is asked alone. */
function whole(object: string, parts: Limit[]): Limit {
  const isOfOne = limitNames.filter((name) => limits[name].object === object).length === 1;
  const [only] = parts;
  return isOfOne && only ? only : every(...parts);
}

const isRate = ({ name }: LimitStatus) => limits[name as LimitName].kind === "rate";

/** What must be counted must be known. GitHub sends all of these. */
function required(claims: GitHubClaims, name: string): string {
  const value = claims[name];
  if (typeof value === "string" && value !== "") return value;
  throw new OidcVerifyError("claim_invalid", `Invalid claim: ${name}`, { claim: name });
}

/** Ask from the narrowest to the widest. Whatever goes wrong later gives back what was taken before. */
async function takeFrom(
  scopes: readonly Scope[],
  token: VerifiedToken,
  spent: SpentMemory,
  onTake?: (token: VerifiedToken) => void,
): Promise<Charge | Denied> {
  const { claims } = token;
  // All of them first: a token that lacks one is charged nowhere.
  const keys = scopes.map(({ object, count, ids }) =>
    JSON.stringify([count, claims.iss, object, ...ids.map((id) => required(claims, id))]),
  );
  for (const key of keys) {
    const known = spent.recall(key);
    if (known) return { limits: [known], deniedBy: known.name as LimitName };
  }
  onTake?.(token);
  const standing: LimitStatus[] = [];
  const taken: (() => Promise<void>)[] = [];
  // What cannot be returned stays spent, and is told so.
  const giveBack = () => Promise.allSettled(taken.map((give) => give()));
  for (const [index, { limiter, keepUntil }] of scopes.entries()) {
    const key = keys[index] ?? "";
    const keep = keepUntil?.(token);
    const decision = await limiter.takeOrTurn(key, 1, keep).catch(async (error: unknown) => {
      await giveBack();
      throw error;
    });
    rememberSpent(spent, key, decision.limits, keep);
    if (!decision.admitted) {
      await giveBack();
      const deniedBy = decision.deniedBy as LimitName; // as all names that a limiter is given here
      return { limits: [...standing, ...decision.limits], deniedBy, turnMs: decision.turnMs };
    }
    standing.push(...decision.limits);
    taken.push(async () => {
      await limiter.give(key, 1, decision.takenAt);
      spent.forget(key);
      for (const status of decision.limits) if (!isRate(status)) status.remaining++;
    });
  }
  return { limits: standing };
}

/**
 * Whoever takes the last unit tells as much as who finds none, and earlier: of many at once no other needs to ask. A rate is free again
 * in a moment; all else is spent until its window ends, or for as long as it is counted.
 */
function rememberSpent(
  spent: SpentMemory,
  key: string,
  standing: readonly LimitStatus[],
  keep: number | undefined,
): void {
  for (const status of standing) {
    if (isRate(status) || status.remaining > 0) continue;
    const { resetMs } = status;
    if (resetMs === undefined) spent.remember(key, { ...status }, keep ?? 0);
    else spent.remember(key, { ...status, retryAfterMs: resetMs }, Date.now() + resetMs);
  }
}
