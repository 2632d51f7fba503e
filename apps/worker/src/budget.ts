import { type GitHubClaims, OidcVerifyError, type VerifiedToken } from "@org/oidc-verify";
import type { Limit, Limiter, LimitStatus } from "@org/token-limiter";
import { every, quota, slidingWindow } from "@org/token-limiter";
import type { Allowance } from "./config.ts";

/** What one request took. */
export interface Charge {
  /** How the caller's limits stand; after a denial only those that were asked last. */
  limits: LimitStatus[];
  /** The name of the limit that denied: then nothing is charged. */
  deniedBy?: string;
  /** Return what was taken. */
  giveBack(): Promise<void>;
}

export interface Budget {
  /** @throws LimiterError `limiter_unavailable` */
  take(token: VerifiedToken): Promise<Charge>;
}

interface Scope {
  limiter: Limiter;
  /** Whom to charge: names and ids that are never used again for another. */
  key: (claims: GitHubClaims) => string[];
  /** When the count may be forgotten, epoch milliseconds. A day's count ends with the day. */
  keepUntil?: (token: VerifiedToken) => number;
}

const DAY_MS = 86_400_000;
/** GitHub ends a run after 35 days; until then it can mint tokens. https://docs.github.com/actions/reference/limits */
const RUN_MS = 35 * DAY_MS;
const RUN_IDS = ["repository_id", "run_id", "run_attempt"];

/**
 * The limits of one allowance. Each scope and key has its own object, so each scales on its own.
 *
 * @param name - Counts of different names are apart.
 */
export function createBudget(allowance: Allowance, name: string, createLimiter: (limit: Limit) => Limiter): Budget {
  const { perToken, perSecond, perRun, perRepositoryAndDay, perOwnerAndDay } = allowance;
  const rate = slidingWindow({ name: "rate", limit: perSecond, windowMs: 1000 });
  const perDay = (scope: string, limit: number | undefined, id: keyof GitHubClaims & string): Scope[] =>
    limit === undefined
      ? []
      : [
          {
            limiter: createLimiter(quota({ name: scope, limit, windowMs: DAY_MS })),
            key: (claims) => [scope, required(claims, id)],
          },
        ];

  const scopes: Scope[] = [
    {
      limiter: createLimiter(every(quota({ name: "token", limit: perToken }), rate)),
      key: ({ jti }) => ["token", jti],
      keepUntil: ({ acceptedUntil }) => acceptedUntil,
    },
  ];
  if (perRun !== undefined) {
    scopes.push({
      limiter: createLimiter(quota({ name: "run", limit: perRun })),
      key: (claims) => ["run", ...RUN_IDS.map((name) => required(claims, name))],
      keepUntil: ({ claims }) => claims.iat * 1000 + RUN_MS,
    });
  }
  scopes.push(
    ...perDay("repository", perRepositoryAndDay, "repository_id"),
    ...perDay("owner", perOwnerAndDay, "repository_owner_id"),
  );
  return { take: (token) => takeFrom(scopes, name, token) };
}

/** What must be counted must be known. GitHub sends all of these. */
function required(claims: GitHubClaims, name: string): string {
  const value = claims[name];
  if (typeof value === "string" && value !== "") return value;
  throw new OidcVerifyError("claim_invalid", `Invalid claim: ${name}`, { claim: name });
}

/** Ask from the narrowest to the widest. Whatever goes wrong later gives back what was taken before. */
async function takeFrom(scopes: Scope[], name: string, token: VerifiedToken): Promise<Charge> {
  const limits: LimitStatus[] = [];
  const taken: (() => Promise<void>)[] = [];
  const giveBack = async () => {
    await Promise.all(taken.splice(0).map((give) => give()));
  };
  for (const { limiter, key, keepUntil } of scopes) {
    const id = JSON.stringify([name, token.claims.iss, ...key(token.claims)]);
    const decision = await limiter.take(id, 1, keepUntil?.(token)).catch(async (error: unknown) => {
      await giveBack().catch(() => {}); // the first failure is the one to report
      throw error;
    });
    if (!decision.admitted) {
      await giveBack();
      return { limits: decision.limits, deniedBy: decision.deniedBy, giveBack };
    }
    limits.push(...decision.limits);
    taken.push(() => limiter.give(id, 1, decision.takenAt));
  }
  return { limits, giveBack };
}
