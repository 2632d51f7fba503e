import { hasAudience, readClaims } from "./claims.ts";
import { jsonOf, OidcVerifyError, quote } from "./errors.ts";
import type { KeyResolver } from "./keys.ts";
import { isSignedBy } from "./signature.ts";
import { parseSubject } from "./subject.ts";
import { judgeTimes, readTimes } from "./time.ts";
import { type DecodedToken, decodeToken } from "./token.ts";
import type { TrustRules } from "./trust.ts";

/** One line of what can be said about a token. */
export interface Finding {
  /** `miss`: a claim of a rule does not match, and nothing comes of it, as another rule matches. */
  readonly verdict: "pass" | "fail" | "miss" | "skip" | "info";
  readonly what: string;
  readonly why: string;
}

/** Rules of which the token must pass one, and what they are called. */
export interface NamedTrust {
  readonly name: string;
  readonly rules: TrustRules;
}

export interface ExplainOptions {
  readonly token: string;
  /** None: the audience is not judged. */
  readonly audiences: readonly string[];
  /** None: trust is not judged. Several: each by itself, as where routes have rules of their own. */
  readonly trusts: readonly NamedTrust[];
  readonly maxAgeSeconds: number | undefined;
  readonly enforceExpiry: boolean;
  /** Of the issuer that the token must be from. */
  readonly keys: KeyResolver;
  readonly nowMs: number;
}

/** Judges a token as a verifier does, but says all that passes and fails. Quotes nothing of the token but claims. */
export async function explainToken(options: ExplainOptions): Promise<Finding[]> {
  const { token, keys, audiences, trusts } = options;
  let decoded: DecodedToken;
  try {
    decoded = decodeToken(token);
  } catch (error) {
    return [{ verdict: "fail", what: "token", why: textOf(error) }];
  }
  const { alg, kid, payload } = decoded;
  return [
    { verdict: "info", what: "header", why: `alg ${alg}, kid ${quote(kid)}` },
    explainChoice("issuer", payload.iss, [keys.issuer], payload.iss === keys.issuer),
    explainAudience(payload.aud, audiences),
    await attempt("signature", () => assertSigned(decoded, keys)),
    ...["iat", "nbf", "exp"].map((claim) => explainInstant(claim, payload[claim], options.nowMs)),
    await attempt("time", () => judgeTimes(readTimes(payload), options, options.nowMs)),
    await attempt("claims", () => void readClaims(payload), `${Object.keys(payload).length}, none required is missing`),
    explainSubject(payload.sub),
    ...explainTrusts(trusts, payload),
  ];
}

function explainAudience(aud: unknown, audiences: readonly string[]): Finding {
  if (audiences.length > 0) return explainChoice("audience", aud, audiences, hasAudience(aud, new Set(audiences)));
  return { verdict: "skip", what: "audience", why: `${show(aud)}; --audience checks it` };
}

function explainChoice(what: string, actual: unknown, expected: readonly string[], passes: boolean): Finding {
  const why = passes ? show(actual) : `${show(actual)}, expected ${expected.join(" or ")}`;
  return { verdict: passes ? "pass" : "fail", what, why };
}

function show(claim: unknown): string {
  return quote(jsonOf(claim)) || "absent";
}

async function assertSigned(decoded: DecodedToken, keys: KeyResolver): Promise<void> {
  const { kid, alg, payload } = decoded;
  if (payload.iss !== keys.issuer) throw new OidcVerifyError("key_not_found", "Not of an issuer whose keys are known");
  const key = await keys.resolve(kid, alg);
  if (!(await isSignedBy(key, decoded))) throw new OidcVerifyError("signature_invalid", "Invalid signature");
}

async function attempt(what: string, judge: () => void | Promise<void>, why = ""): Promise<Finding> {
  try {
    await judge();
    return { verdict: "pass", what, why };
  } catch (error) {
    return { verdict: "fail", what, why: textOf(error) };
  }
}

/** The last instant that a `Date` can hold, seconds. */
const MAX_SECONDS = 8.64e12;

function explainInstant(what: string, value: unknown, nowMs: number): Finding {
  if (typeof value !== "number" || Math.abs(value) > MAX_SECONDS) return { verdict: "info", what, why: "absent" };
  const ago = Math.floor(nowMs / 1000) - value;
  const distance = `${Math.abs(ago)} s ${ago < 0 ? "ahead" : "ago"}`;
  return { verdict: "info", what, why: `${new Date(value * 1000).toISOString()}, ${distance}` };
}

function explainSubject(sub: unknown): Finding {
  if (typeof sub !== "string") return { verdict: "info", what: "subject", why: "absent" };
  const { kind } = parseSubject(sub);
  return { verdict: "info", what: "subject", why: `${quote(sub)} (${kind === "custom" ? "custom template" : kind})` };
}

function explainTrusts(trusts: readonly NamedTrust[], payload: Record<string, unknown>): Finding[] {
  if (trusts.length === 0) return [{ verdict: "skip", what: "trust", why: "--rule checks it" }];
  return trusts.flatMap((trust) => explainTrust(trust, trusts.length > 1 ? `${trust.name}: ` : "", payload));
}

function explainTrust({ name, rules }: NamedTrust, label: string, payload: Record<string, unknown>): Finding[] {
  const explained = rules.explain(payload);
  const lines = explained.rules.flatMap(({ claims }, index) => {
    const rule = explained.rules.length > 1 ? `rule ${index + 1} ` : "";
    return claims.map(({ claim, expected, actual, matched }): Finding => {
      const shown = actual === undefined ? "absent" : quote(actual);
      const why = matched ? shown : `${shown}, expected ${expected.join(" or ")}`;
      const verdict = matched ? "pass" : explained.trusted ? "miss" : "fail";
      return { verdict, what: `${label}${rule}${claim}`, why };
    });
  });
  const why = explained.rules.length > 0 ? "" : "any repository";
  return [...lines, { verdict: explained.trusted ? "pass" : "fail", what: name, why }];
}

function textOf(error: unknown): string {
  if (!(error instanceof OidcVerifyError)) throw error;
  return error.cause instanceof Error && error.code === "keys_unavailable"
    ? `${error.message}: ${error.cause.message}`
    : error.message;
}
