import { type GitHubClaims, OidcVerifyError, type VerifiedToken } from "@org/oidc-verify";
import type { Limit, LimitStatus } from "@org/token-limiter";
import { every, quota, slidingWindow } from "@org/token-limiter";
import type { Allowance, Counts, LimitName } from "./config.ts";
import type { TurnLimiter } from "./durable-limiter.ts";
import type { SpentMemory } from "./spent.ts";

/** What one request took. */
export interface Charge {
  /** How the caller's limits stand. */
  limits: LimitStatus[];
  /** The name of the limit that denied: then nothing is charged. */
  deniedBy?: string;
  /** Milliseconds after which the caller shall come back, where that is a moment of their own. */
  turnMs?: number | undefined;
}

export interface Budget {
  /** @throws LimiterError `limiter_unavailable` */
  take(token: VerifiedToken): Promise<Charge>;
}

/** What a budget needs from around it. */
export interface BudgetContext {
  createLimiter(limit: Limit): TurnLimiter;
  /** What is spent: shared by all budgets, as their counts are. */
  spent: SpentMemory;
  /** Told before anything is taken: from here on the caller may spend, even one who does not wait for the answer. */
  onTake(token: VerifiedToken): void;
}

interface Scope {
  /** Names its objects. */
  name: Exclude<LimitName, "rate">;
  /** Under different names the same caller is counted apart. */
  count: string;
  limiter: TurnLimiter;
  /** Claims that say whom to charge: ids that are never used again for another. */
  ids: readonly string[];
  /** When the count may be forgotten, epoch milliseconds. A day's count ends with the day. */
  keepUntil?: (token: VerifiedToken) => number;
}

const DAY_MS = 86_400_000;
/** GitHub ends a run after 35 days; until then it can mint tokens. https://docs.github.com/actions/reference/limits */
const RUN_MS = 35 * DAY_MS;

/** The limits of one allowance. Each scope and key has its own object, so each scales on its own. */
export function createBudget(allowance: Allowance, counts: Counts, context: BudgetContext): Budget {
  const { perRun, perRepositoryAndDay, perOwnerAndDay } = allowance;
  const { createLimiter } = context;
  const scopes = tokenScopes(allowance, counts, createLimiter);
  if (perRun !== undefined) {
    scopes.push({
      name: "run",
      count: counts.run,
      limiter: createLimiter(quota({ name: "run", limit: perRun })),
      ids: ["repository_id", "run_id", "run_attempt"],
      keepUntil: ({ claims }) => claims.iat * 1000 + RUN_MS,
    });
  }
  const addDaily = (name: "repository" | "owner", limit: number | undefined, id: string) => {
    if (limit === undefined) return;
    const limiter = createLimiter(quota({ name, limit, windowMs: DAY_MS }));
    scopes.push({ name, count: counts[name], limiter, ids: [id] });
  };
  addDaily("repository", perRepositoryAndDay, "repository_id");
  addDaily("owner", perOwnerAndDay, "repository_owner_id");
  return { take: (token) => takeFrom(scopes, token, context) };
}

/**
 * A token's budget and rate stand in one object and are asked for at once, unless a route counts one of them by itself: then each is
 * asked where it is counted, the rate first, as a rate that denies must not have cost anything.
 */
function tokenScopes(
  { perToken, perSecond }: Allowance,
  counts: Counts,
  createLimiter: BudgetContext["createLimiter"],
) {
  const budget = quota({ name: "token", limit: perToken });
  const rate = slidingWindow({ name: "rate", limit: perSecond, windowMs: 1000 });
  const scope = (count: string, ...limits: Limit[]): Scope => ({
    name: "token",
    count,
    limiter: createLimiter(every(...limits)),
    ids: ["jti"],
    keepUntil: ({ acceptedUntil }) => acceptedUntil,
  });
  if (counts.token === counts.rate) return [scope(counts.token, budget, rate)];
  return [scope(counts.rate, rate), scope(counts.token, budget)];
}

/** What must be counted must be known. GitHub sends all of these. */
function required(claims: GitHubClaims, name: string): string {
  const value = claims[name];
  if (typeof value === "string" && value !== "") return value;
  throw new OidcVerifyError("claim_invalid", `Invalid claim: ${name}`, { claim: name });
}

/** Ask from the narrowest to the widest. Whatever goes wrong later gives back what was taken before. */
async function takeFrom(scopes: readonly Scope[], token: VerifiedToken, context: BudgetContext): Promise<Charge> {
  const { spent, onTake } = context;
  const { claims } = token;
  // All of them first: a token that lacks one is charged nowhere.
  const keys = scopes.map(({ name, count, ids }) =>
    JSON.stringify([count, claims.iss, name, ...ids.map((id) => required(claims, id))]),
  );
  for (const key of keys) {
    const known = spent.recall(key);
    if (known) return { limits: [known], deniedBy: known.name };
  }
  onTake(token);
  const limits: LimitStatus[] = [];
  const taken: (() => Promise<void>)[] = [];
  // What cannot be returned stays spent, and is told so.
  const giveBack = () => Promise.allSettled(taken.map((give) => give()));
  for (const [index, { name, limiter, keepUntil }] of scopes.entries()) {
    const key = keys[index] ?? "";
    const keep = keepUntil?.(token);
    const decision = await limiter.takeOrTurn(key, 1, keep).catch(async (error: unknown) => {
      await giveBack();
      throw error;
    });
    rememberSpent(spent, key, decision.limits, keep);
    if (!decision.admitted) {
      await giveBack();
      return { limits: [...limits, ...decision.limits], deniedBy: decision.deniedBy, turnMs: decision.turnMs };
    }
    limits.push(...decision.limits);
    taken.push(async () => {
      await limiter.give(key, 1, decision.takenAt);
      spent.forget(key);
      const counted = decision.limits.find((status) => status.name === name);
      if (counted) counted.remaining++;
    });
  }
  return { limits };
}

/**
 * Whoever takes the last unit tells as much as who finds none, and earlier: of many at once no other needs to ask. A rate is free again
 * in a moment; all else is spent until its window ends, or for as long as it is counted.
 */
function rememberSpent(
  spent: SpentMemory,
  key: string,
  limits: readonly LimitStatus[],
  keep: number | undefined,
): void {
  for (const status of limits) {
    if (status.name === "rate" || status.remaining > 0) continue;
    const { resetMs } = status;
    if (resetMs === undefined) spent.remember(key, { ...status }, keep ?? 0);
    else spent.remember(key, { ...status, retryAfterMs: resetMs }, Date.now() + resetMs);
  }
}
