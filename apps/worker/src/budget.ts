import { type GitHubClaims, OidcVerifyError, type VerifiedToken } from "@org/oidc-verify";
import type { Limit, Limiter, LimitStatus } from "@org/token-limiter";
import { every, quota, slidingWindow } from "@org/token-limiter";
import type { Allowance, Counts, ScopeName } from "./config.ts";

/** What one request took. */
export interface Charge {
  /** How the caller's limits stand. */
  limits: LimitStatus[];
  /** The name of the limit that denied: then nothing is charged. */
  deniedBy?: string;
  /** Return what was taken. It does not fail: what cannot be returned stays spent. */
  giveBack(): Promise<void>;
}

export interface Budget {
  /** @throws LimiterError `limiter_unavailable` */
  take(token: VerifiedToken): Promise<Charge>;
}

interface Scope {
  name: ScopeName;
  limiter: Limiter;
  /** Claims that say whom to charge: ids that are never used again for another. */
  ids: readonly string[];
  /** When the count may be forgotten, epoch milliseconds. A day's count ends with the day. */
  keepUntil?: (token: VerifiedToken) => number;
}

const DAY_MS = 86_400_000;
/** GitHub ends a run after 35 days; until then it can mint tokens. https://docs.github.com/actions/reference/limits */
const RUN_MS = 35 * DAY_MS;

/**
 * The limits of one allowance. Each scope and key has its own object, so each scales on its own.
 *
 * @param counts - The name of each scope's count: under different names the same caller is counted apart.
 */
export function createBudget(allowance: Allowance, counts: Counts, createLimiter: (limit: Limit) => Limiter): Budget {
  const { perToken, perSecond, perRun, perRepositoryAndDay, perOwnerAndDay } = allowance;
  const rate = slidingWindow({ name: "rate", limit: perSecond, windowMs: 1000 });
  const scopes: Scope[] = [
    {
      name: "token",
      limiter: createLimiter(every(quota({ name: "token", limit: perToken }), rate)),
      ids: ["jti"],
      keepUntil: ({ acceptedUntil }) => acceptedUntil,
    },
  ];
  if (perRun !== undefined) {
    scopes.push({
      name: "run",
      limiter: createLimiter(quota({ name: "run", limit: perRun })),
      ids: ["repository_id", "run_id", "run_attempt"],
      keepUntil: ({ claims }) => claims.iat * 1000 + RUN_MS,
    });
  }
  const addDaily = (name: ScopeName, limit: number | undefined, id: string) => {
    if (limit === undefined) return;
    scopes.push({ name, limiter: createLimiter(quota({ name, limit, windowMs: DAY_MS })), ids: [id] });
  };
  addDaily("repository", perRepositoryAndDay, "repository_id");
  addDaily("owner", perOwnerAndDay, "repository_owner_id");
  return { take: (token) => takeFrom(scopes, counts, token) };
}

/** What must be counted must be known. GitHub sends all of these. */
function required(claims: GitHubClaims, name: string): string {
  const value = claims[name];
  if (typeof value === "string" && value !== "") return value;
  throw new OidcVerifyError("claim_invalid", `Invalid claim: ${name}`, { claim: name });
}

/** Ask from the narrowest to the widest. Whatever goes wrong later gives back what was taken before. */
async function takeFrom(scopes: readonly Scope[], counts: Counts, token: VerifiedToken): Promise<Charge> {
  const { claims } = token;
  // All of them first: a token that lacks one is charged nowhere.
  const keys = scopes.map(({ name, ids }) =>
    JSON.stringify([counts[name], claims.iss, name, ...ids.map((id) => required(claims, id))]),
  );
  const limits: LimitStatus[] = [];
  const taken: { counted: LimitStatus | undefined; give: () => Promise<void> }[] = [];
  const giveBack = async () => {
    const returned = taken.splice(0).map(async ({ counted, give }) => {
      await give();
      if (counted) counted.remaining++;
    });
    await Promise.allSettled(returned); // what cannot be returned stays spent, and is told so
  };
  for (const [index, { name, limiter, keepUntil }] of scopes.entries()) {
    const key = keys[index] ?? "";
    const decision = await limiter.take(key, 1, keepUntil?.(token)).catch(async (error: unknown) => {
      await giveBack();
      throw error;
    });
    if (!decision.admitted) {
      await giveBack();
      return { limits: [...limits, ...decision.limits], deniedBy: decision.deniedBy, giveBack };
    }
    limits.push(...decision.limits);
    const counted = decision.limits.find((status) => status.name === name);
    taken.push({ counted, give: () => limiter.give(key, 1, decision.takenAt) });
  }
  return { limits, giveBack };
}
