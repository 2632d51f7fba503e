import { RUN_CLAIMS } from "./claims.ts";
import { createPattern, createWorkflowPattern } from "./pattern.ts";

/** What a trust rule asks of one claim. */
export interface ClaimCheck {
  readonly claim: string;
  /** The values of which one must match. */
  readonly expected: readonly string[];
  matches(claims: Readonly<Record<string, unknown>>): boolean;
  /** The token's value as rules read it; nothing if it has none that they read. */
  actual(claims: Readonly<Record<string, unknown>>): string | undefined;
}

const WITHOUT_CASE = new Set(["repository", "repository_owner", "environment"]);
const WORKFLOWS = new Set(["workflow_ref", "job_workflow_ref"]);
const WITH_PATTERNS = new Set(["ref", "head_ref", "base_ref", ...WORKFLOWS]);
/** Free text of the repository's, in which a `*` is a `*`; so are its properties. */
const FREE_TEXT = new Set(["workflow", "environment"]);

/** @throws TypeError beginning with `at`; it holds no value of the rule */
export function readCheck(claim: string, values: unknown, at: string): ClaimCheck {
  if (!RUN_CLAIMS.has(claim) && !isProperty(claim)) throw new TypeError(`${at}: no such claim`);
  const expected: unknown[] = Array.isArray(values) ? [...values] : [values];
  if (expected.length === 0) throw new TypeError(`${at}: must name at least one value`);
  const fold = WITHOUT_CASE.has(claim) ? foldCase : (text: string) => text;
  const patterns = expected.map((value) => {
    if (typeof value !== "string") throw new TypeError(`${at}: must be a string or a list of strings`);
    const fault = faultOf(claim, value);
    if (fault) throw new TypeError(`${at}: ${fault}`);
    return createMatch(claim, fold(value));
  });
  const textsOf = isProperty(claim) ? readProperty : readText;
  return {
    claim,
    expected: expected as string[],
    matches: (claims) => textsOf(claims[claim]).some((text) => patterns.some((pattern) => pattern(fold(text)))),
    actual(claims) {
      const texts = textsOf(claims[claim]);
      return texts.length > 0 ? texts.join(", ") : undefined;
    },
  };
}

function isProperty(claim: string): boolean {
  return claim.startsWith("repo_property_") && claim !== "repo_property_";
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

/** Why a value cannot be meant. */
function faultOf(claim: string, value: string): string | undefined {
  if (claim === "repository") {
    return /^(?:\*|[^\s/*]+\/(?:\*|[^\s/*]+))$/.test(value) ? undefined : "must be owner/name, owner/* or *";
  }
  if (claim === "repository_owner") return /^[^\s/*]+$/.test(value) ? undefined : "must be the name of one owner";
  if (WORKFLOWS.has(claim)) return faultOfWorkflow(value);
  if (claim === "sub" && value === "") return "must not be empty";
  if (FREE_TEXT.has(claim) || isProperty(claim)) return undefined;
  if (claim.endsWith("_id") && !/^[\w=-]+$/.test(value)) return "must be an id";
  return value.includes("*") && !WITH_PATTERNS.has(claim) ? "* has no meaning here" : undefined;
}

/** A `*` in the owner's part lets in strangers of a fitting name; alone it says "any" aloud. */
function faultOfWorkflow(value: string): string | undefined {
  if (value === "*") return undefined;
  if (!/^[^\s/*@]+\/[^@]/.test(value)) return "must be owner/path@ref, without * in the owner, or *";
  return value.includes("@") || value.endsWith("*") ? undefined : "must be path@ref";
}

function readText(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : [];
}

/** A property's values: text, a number or a boolean as JSON writes it, or a list of such. */
function readProperty(value: unknown): readonly string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => (isPlainValue(item) ? [String(item)] : []));
}

/** A number only if it is the one that was written: beyond these, several spellings are read as one. */
function isPlainValue(item: unknown): boolean {
  if (typeof item !== "number") return typeof item === "string" || typeof item === "boolean";
  return Math.abs(item) <= Number.MAX_SAFE_INTEGER;
}
