import { type GitHubClaims, type KnownClaims, RUN_CLAIMS } from "./claims.ts";
import { OidcVerifyError, quote } from "./errors.ts";
import { createPattern, createWorkflowPattern } from "./pattern.ts";

/** A claim that a trust rule may name: what describes the run, not the token. */
export type TrustClaim =
  | Exclude<keyof KnownClaims, "iss" | "aud" | "jti" | "iat" | "exp" | "nbf">
  | `repo_property_${string}`;

/**
 * Whom to trust: every claim named must have one of its values. At least one of `repository`, `repository_id`,
 * `repository_owner`, `repository_owner_id` and `sub` must be named.
 *
 * - `repository`: `owner/name`, or `owner/*` for all of an owner's, or `*` for any, said aloud. Compared without case.
 * - `repository_owner`, `environment`: compared without case. Only ASCII letters have a case here.
 * - `ref`, `head_ref`, `base_ref`: `*` stands for any run of characters, `/` included; the whole value must match.
 * - `workflow_ref`, `job_workflow_ref`: `path@ref`, each matched like that by itself, parted at the first `@`. Without `@`, the
 *   path for any ref; it must then end in `*`.
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
  /** The token's value; absent if it has no such claim or not as a string. */
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
  /** @throws OidcVerifyError `untrusted` */
  assertTrusted(claims: GitHubClaims): void;
  /** Rule by rule and claim by claim: expected, actual, matched. */
  explain(claims: Readonly<Record<string, unknown>>): TrustExplanation;
}

interface ClaimCheck {
  readonly claim: string;
  readonly expected: readonly string[];
  matches(actual: string): boolean;
}

const PINS = ["repository", "repository_id", "repository_owner", "repository_owner_id", "sub"];
const WITHOUT_CASE = new Set(["repository", "repository_owner", "environment"]);
const WORKFLOWS = new Set(["workflow_ref", "job_workflow_ref"]);
const WITH_PATTERNS = new Set(["ref", "head_ref", "base_ref", ...WORKFLOWS]);
/** Free text of the repository's, in which a `*` is a `*`; so are its properties. */
const FREE_TEXT = new Set(["workflow", "environment"]);

/**
 * Checks trust rules and makes them ready to match.
 * @throws TypeError for a rule that cannot be meant: unknown claim, no value, empty list, no repository, owner or subject, a `*`
 * where it has no meaning. Its text names the rule and the claim, no value.
 */
export function readTrustRules(trust: Trust): TrustRules {
  if (trust === "any") return { assertTrusted() {}, explain: () => ({ trusted: true, rules: [] }) };
  if (!Array.isArray(trust) || trust.length === 0) {
    throw new TypeError('trust: must be "any" or a list of at least one rule');
  }
  const rules = trust.map(readRule);
  return {
    assertTrusted(claims) {
      if (!rules.some((checks) => checks.every((check) => matches(check, claims)))) throw untrusted(rules, claims);
    },
    explain(claims) {
      const explained = rules.map((checks) => explainRule(checks, claims));
      return { trusted: explained.some((rule) => rule.matched), rules: explained };
    },
  };
}

function readRule(rule: TrustRule, index: number): ClaimCheck[] {
  const at = `trust[${index}]`;
  if (!isPlainObject(rule)) throw new TypeError(`${at}: must be a plain object`);
  const named = Object.entries(rule); // a claim that is undefined is refused: it was meant to narrow the rule
  if (!named.some(([claim]) => PINS.includes(claim))) {
    throw new TypeError(`${at}: must name one of ${PINS.join(", ")}, else it trusts strangers`);
  }
  return named.map(([claim, values]) => readCheck(claim, values, `${at}.${quote(claim)}`));
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function readCheck(claim: string, values: unknown, at: string): ClaimCheck {
  if (!RUN_CLAIMS.has(claim) && !/^repo_property_./.test(claim)) throw new TypeError(`${at}: no such claim`);
  const expected: unknown[] = Array.isArray(values) ? [...values] : [values];
  if (expected.length === 0) throw new TypeError(`${at}: must name at least one value`);
  const fold = WITHOUT_CASE.has(claim) ? foldCase : (text: string) => text;
  const patterns = expected.map((value) => {
    assertValue(claim, value, at);
    return createMatch(claim, fold(value));
  });
  return {
    claim,
    expected: expected as string[],
    matches: (actual) => patterns.some((pattern) => pattern(fold(actual))),
  };
}

/** ASCII letters only: to `toLowerCase` a Kelvin sign is a k, to GitHub it is not. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function createMatch(claim: string, expected: string): (actual: string) => boolean {
  if (WORKFLOWS.has(claim)) return createWorkflowPattern(expected);
  if (WITH_PATTERNS.has(claim) || claim === "repository") return createPattern(expected);
  return (actual) => actual === expected;
}

function assertValue(claim: string, value: unknown, at: string): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${at}: must be a string or a list of strings`);
  if (claim === "repository") {
    if (!/^(?:\*|[^\s/*]+\/(?:\*|[^\s/*]+))$/.test(value)) {
      throw new TypeError(`${at}: must be owner/name, owner/* or *`);
    }
    return;
  }
  if (value === "" && PINS.includes(claim)) throw new TypeError(`${at}: must not be empty`);
  if (WORKFLOWS.has(claim) && !/@|\*$/.test(value)) throw new TypeError(`${at}: must be path@ref`);
  if (FREE_TEXT.has(claim) || claim.startsWith("repo_property_")) return;
  if (claim.endsWith("_id") && !/^[\w=-]+$/.test(value)) throw new TypeError(`${at}: must be an id`);
  if (value.includes("*") && !WITH_PATTERNS.has(claim)) throw new TypeError(`${at}: * has no meaning here`);
}

function matches(check: ClaimCheck, claims: Readonly<Record<string, unknown>>): boolean {
  const actual = claims[check.claim];
  return typeof actual === "string" && check.matches(actual);
}

function explainRule(checks: readonly ClaimCheck[], claims: Readonly<Record<string, unknown>>): RuleExplanation {
  const explained = checks.map((check) => {
    const actual = claims[check.claim];
    const { claim, expected } = check;
    return { claim, expected, ...(typeof actual === "string" ? { actual } : {}), matched: matches(check, claims) };
  });
  return { matched: explained.every(({ matched }) => matched), claims: explained };
}

function untrusted(rules: readonly (readonly ClaimCheck[])[], claims: GitHubClaims): OidcVerifyError {
  const [claim, ...others] = new Set(rules.map((checks) => blame(checks, claims)));
  if (claim === undefined || others.length > 0) return new OidcVerifyError("untrusted", "Not allowed by trust policy");
  const value = claims[claim];
  const quoted = `'${quote(typeof value === "string" ? value : "")}'`;
  if (claim === "repository") return new OidcVerifyError("untrusted", `Repository ${quoted} not allowed`, { claim });
  if (claim === "ref") return new OidcVerifyError("untrusted", `Ref ${quoted} not allowed`, { claim });
  return new OidcVerifyError("untrusted", `Not allowed by trust policy: ${claim}`, { claim });
}

/** The one claim for which a rule refused. A wrong repository outweighs a wrong ref: the ref of a stranger tells nothing. */
function blame(checks: readonly ClaimCheck[], claims: GitHubClaims): string | undefined {
  const failed = checks.filter((check) => !matches(check, claims)).map(({ claim }) => claim);
  if (failed.length === 1) return failed[0];
  return failed.length === 2 && failed.includes("repository") && failed.includes("ref") ? "repository" : undefined;
}
