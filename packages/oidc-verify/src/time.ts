import { claimInvalid, OidcVerifyError } from "./errors.ts";

/** Clocks may differ: how far ahead of ours `iat` and `nbf` may lie, seconds. */
const TOLERANCE_SECONDS = 60;

/** How a token's age is judged. */
export interface TimeRules {
  readonly maxAgeSeconds?: number | undefined;
  readonly enforceExpiry?: boolean | undefined;
}

/** The times of a token, whole epoch seconds. */
export interface TokenTimes {
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number;
}

/**
 * `iat` and `exp` are required, `nbf` is not; all are whole seconds, not negative.
 * @throws OidcVerifyError `claim_invalid`
 */
export function readTimes(payload: Readonly<Record<string, unknown>>): TokenTimes {
  const { iat, exp, nbf } = payload;
  if (!isWholeSecond(iat)) throw claimInvalid("iat");
  if (!isWholeSecond(exp)) throw claimInvalid("exp");
  if (nbf === undefined) return { iat, exp };
  if (!isWholeSecond(nbf)) throw claimInvalid("nbf");
  return { iat, exp, nbf };
}

/**
 * With `maxAgeSeconds` the age by `iat` is judged *instead of* `exp`, unless `enforceExpiry` asks for both. A token whose age is
 * exactly the limit passes; one whose `exp` is now does not (RFC 7519, section 4.1.4).
 * @throws OidcVerifyError `token_not_yet_valid`, `token_too_old`, `token_expired`
 */
export function judgeTimes({ iat, exp, nbf = 0 }: TokenTimes, rules: TimeRules, nowMs: number): void {
  const now = Math.floor(nowMs / 1000);
  const { maxAgeSeconds, enforceExpiry } = rules;
  if (!(Math.max(iat, nbf) <= now + TOLERANCE_SECONDS)) {
    throw new OidcVerifyError("token_not_yet_valid", "Token not yet valid", { claim: iat >= nbf ? "iat" : "nbf" });
  }
  if (maxAgeSeconds !== undefined && !(now - iat <= maxAgeSeconds)) {
    throw new OidcVerifyError("token_too_old", "Token too old", { claim: "iat" });
  }
  if ((maxAgeSeconds === undefined || enforceExpiry) && !(now < exp)) {
    throw new OidcVerifyError("token_expired", "Token expired", { claim: "exp" });
  }
}

/** The first instant at which `judgeTimes` refuses the token as too old or expired, epoch milliseconds. */
export function acceptedUntil({ iat, exp }: TokenTimes, { maxAgeSeconds, enforceExpiry }: TimeRules): number {
  if (maxAgeSeconds === undefined) return exp * 1000;
  const tooOldAt = (iat + maxAgeSeconds + 1) * 1000;
  return enforceExpiry ? Math.min(tooOldAt, exp * 1000) : tooOldAt;
}

/** The last that a `Date` can hold: whoever reckons with a token's times in milliseconds must be able to. */
const MAX_SECONDS = 8.64e12;

function isWholeSecond(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_SECONDS;
}
