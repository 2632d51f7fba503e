import { type ClaimCheck, readCheck } from "./claim-check.ts";
import type { GitHubClaims, KnownClaims } from "./claims.ts";
import { OidcVerifyError, quote } from "./errors.ts";
import { beginsWithRepository } from "./subject.ts";
import { refuse, type TrustRefusal } from "./trust-refusal.ts";

/** A claim that a trust rule may name: what describes the run, not the token. */
export type TrustClaim =
  | Exclude<keyof KnownClaims, "iss" | "aud" | "jti" | "iat" | "exp" | "nbf">
  | `repo_property_${string}`;

/**
 * Whom to trust: every claim named must have one of its values. A rule must pin a repository or an owner: by `repository`,
 * `repository_id`, `repository_owner` or `repository_owner_id`, or by `sub` if each of its values begins with a repository,
 * `repo:O/R` or `repo:O@ID/R@ID`.
 *
 * - `repository`: `owner/name`, or `owner/*` for all of an owner's, or `*` for any, said aloud. Compared without case.
 * - `repository_owner`, `environment`: compared without case. Only ASCII letters have a case here.
 * - `ref`, `head_ref`, `base_ref`: `*` stands for any run of characters, `/` included; the whole value must match.
 * - `workflow_ref`, `job_workflow_ref`: `owner/path@ref`, path and ref each matched like that by itself, parted at the first
 *   `@`. Without `@`, the path for any ref; it must then end in `*`. The owner has no `*`; `*` alone is any, said aloud.
 * - `repo_property_*`: equal, exactly. GitHub sends text: of a multi-select property one text, its values joined by commas, which
 *   is compared as a whole. A number or boolean is read as JSON writes it, `"3"`, `"true"`; integers up to 2^53 - 1. Of a list
 *   one such item must match. Null and objects match nothing.
 * - Anything else: equal, exactly.
 */
export type TrustRule = { readonly [Claim in TrustClaim]?: string | readonly string[] };

/** `"any"`: every token that verifies. Else a list of which any rule may admit. */
export type Trust = "any" | readonly [TrustRule, ...TrustRule[]];

/** How one claim of a rule fared. */
export interface ClaimExplanation {
  readonly claim: string;
  /** The values of which one had to match. */
  readonly expected: readonly string[];
  /** The token's value as rules read it, a list's items joined by `, `; absent if it has none that they read. */
  readonly actual?: string;
  readonly matched: boolean;
}

/** How one rule fared: matched if all its claims did. */
export interface RuleExplanation {
  readonly matched: boolean;
  readonly claims: readonly ClaimExplanation[];
}

/** Why a token is trusted or not. */
export interface TrustExplanation {
  readonly trusted: boolean;
  /** In the order given; empty if the trust is `"any"`. */
  readonly rules: readonly RuleExplanation[];
}

/** Trust rules, checked. Pure: no key, no clock, no network. */
export interface TrustRules {
  /** @throws OidcVerifyError `untrusted`, with what `failed`; without `claims`, as nothing was verified here */
  assertTrusted(claims: GitHubClaims): void;
  /** Rule by rule and claim by claim: expected, actual, matched. */
  explain(claims: Readonly<Record<string, unknown>>): TrustExplanation;
}

const PINS = ["repository", "repository_id", "repository_owner", "repository_owner_id"];

/** Rules that also say why they refuse. */
export interface CompiledTrust extends TrustRules {
  /** Nothing if one of the rules admits the token. */
  refusalOf(claims: GitHubClaims): TrustRefusal | undefined;
}

/**
 * Checks trust rules and makes them ready to match. Rules that come as text are best read with `parseJson`: of a claim that is
 * named twice `JSON.parse` drops one without a word.
 * @throws TypeError for a rule that cannot be meant: unknown claim, no value, empty list, no repository or owner, a `*` where it
 * has no meaning or stands for owners. Its text names the rule and the claim, no value.
 */
export function readTrustRules(trust: Trust): TrustRules {
  const { assertTrusted, explain } = compileTrust(trust);
  return { assertTrusted, explain };
}

/** @throws TypeError as `readTrustRules` does */
export function compileTrust(trust: Trust): CompiledTrust {
  const rules = trust === "any" ? [[]] : readRules(trust); // a rule without checks admits everyone
  const refusalOf = (claims: GitHubClaims) =>
    rules.some((checks) => checks.every((check) => check.matches(claims))) ? undefined : refuse(rules, claims);
  return {
    refusalOf,
    assertTrusted(claims) {
      const refusal = refusalOf(claims);
      if (refusal) throw new OidcVerifyError("untrusted", refusal.message, refusal);
    },
    explain(claims) {
      if (trust === "any") return { trusted: true, rules: [] };
      const explained = rules.map((checks) => explainRule(checks, claims));
      return { trusted: explained.some((rule) => rule.matched), rules: explained };
    },
  };
}

function readRules(trust: readonly TrustRule[]): ClaimCheck[][] {
  if (!Array.isArray(trust) || trust.length === 0) {
    throw new TypeError('trust: must be "any" or a list of at least one rule');
  }
  return trust.map(readRule);
}

function readRule(rule: TrustRule, index: number): ClaimCheck[] {
  const at = `trust[${index}]`;
  if (!isPlainObject(rule)) throw new TypeError(`${at}: must be a plain object`);
  const named = Object.entries(rule); // a claim that is undefined is refused: it was meant to narrow the rule
  const checks = named.map(([claim, values]) => readCheck(claim, values, `${at}.${quote(claim)}`));
  if (!checks.some(isPin)) {
    throw new TypeError(`${at}: must name one of ${PINS.join(", ")}, or a sub that begins with a repository`);
  }
  return checks;
}

/** Any of a subject's values may match, so each must name a repository. */
function isPin({ claim, expected }: ClaimCheck): boolean {
  return PINS.includes(claim) || (claim === "sub" && expected.every(beginsWithRepository));
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function explainRule(checks: readonly ClaimCheck[], claims: Readonly<Record<string, unknown>>): RuleExplanation {
  const explained = checks.map((check): ClaimExplanation => {
    const { claim, expected } = check;
    const actual = check.actual(claims);
    return { claim, expected, ...(actual === undefined ? {} : { actual }), matched: check.matches(claims) };
  });
  return { matched: explained.every(({ matched }) => matched), claims: explained };
}
