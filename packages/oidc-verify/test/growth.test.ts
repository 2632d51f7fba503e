import { expect, it } from "vitest";
import { quote } from "../src/errors.ts";
import { enterpriseIssuer, enterpriseServerIssuer, parseJson, parseSubject, readTrustRules } from "../src/index.ts";
import { readIssuer } from "../src/issuers.ts";
import { createPattern, createWorkflowPattern } from "../src/pattern.ts";
import { beginsWithRepository } from "../src/subject.ts";
import { decodeToken } from "../src/token.ts";

const SHORT = 20_000;
const FACTOR = 16;
/** What is linear takes 16 times as long for 16 times the text; what backtracks takes 256 times as long, or has no end. */
const LIMIT = 6 * FACTOR;

const quietly = (work: () => unknown) => {
  try {
    work();
  } catch {
    // Refused, which takes its time, too.
  }
};

/** Milliseconds, the best of some: whatever else the machine does only adds. */
function time(work: () => unknown): number {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    quietly(work);
    return performance.now() - start;
  });
  return Math.min(...times);
}

const rule = (claim: string) => (value: string) => readTrustRules([{ repository: "o/r", [claim]: value }]);
const subjectRule = (sub: string) => readTrustRules([{ sub }]);

it.each<[string, (text: string) => unknown, (length: number) => string]>([
  ["a subject of one name", parseSubject, (n) => `repo:${"a".repeat(n)}`],
  ["a subject of digits", parseSubject, (n) => `repo:o@${"1".repeat(n)}/r@${"1".repeat(n)}`],
  ["a subject of signs", parseSubject, (n) => `repo:${"@".repeat(n)}`],
  ["a subject of repositories", parseSubject, (n) => "repo:o/r:".repeat(n / 9)],
  ["a subject of escapes", parseSubject, (n) => `repo:o/r:environment:${"%3A".repeat(n / 3)}:`],
  ["a pinned subject of one name", beginsWithRepository, (n) => `repo:${"a".repeat(n)}`],
  ["a pinned subject of digits", beginsWithRepository, (n) => `repo:o@${"1".repeat(n)}`],
  ["a rule on subjects", subjectRule, (n) => `repo:${"a.-".repeat(n / 3)}`],
  ["a rule on repositories", rule("repository"), (n) => `${"a".repeat(n)}/${"b".repeat(n)}*`],
  ["a rule on repositories, of slashes", rule("repository"), (n) => "/".repeat(n)],
  ["a rule on owners", rule("repository_owner"), (n) => `${"a".repeat(n)} `],
  ["a rule on workflows", rule("workflow_ref"), (n) => `${"a".repeat(n)}@`],
  ["a rule on workflows, of stars", rule("workflow_ref"), (n) => `o/${"*".repeat(n / 20)}`],
  ["a rule on ids", rule("repository_id"), (n) => `${"1".repeat(n)} `],
  ["a text to quote", quote, (n) => "\u202e".repeat(n)],
  ["an issuer", readIssuer, (n) => `https://a${"/".repeat(n)}?`],
  ["an issuer's slug", enterpriseIssuer, (n) => `${"a-".repeat(n / 2)}!`],
  ["an issuer's host", enterpriseServerIssuer, (n) => `${"a.-".repeat(n / 3)}!`],
  ["a value against a pattern", createPattern("*a*b*a*"), (n) => "ab".repeat(n / 2 - 1).replaceAll("b", "a")],
  ["a workflow against a pattern", createWorkflowPattern("*a*@*b*"), (n) => "a@".repeat(n / 2)],
  ["JSON of backslashes", parseJson, (n) => `["${"\\\\".repeat(n / 2)}"]`],
  ["JSON of escaped quotes", parseJson, (n) => `["${'\\"'.repeat(n / 2)}"]`],
  ["JSON without end", parseJson, (n) => `["${"\\\\".repeat(n / 2)}`],
  ["a token of dots", decodeToken, (n) => ".".repeat(n)],
])("takes time in proportion to its length: %s", (_, read, make) => {
  const [short, long] = [make(SHORT), make(FACTOR * SHORT)];
  const base = Math.max(
    time(() => read(short)),
    0.05,
  ); // shorter times tell nothing
  expect(time(() => read(long)) / base).toBeLessThan(LIMIT);
});

it("would notice what backtracks", () => {
  const backtracks = (text: string) => /^[ab]*[ab]*c$/.test(text);
  const base = time(() => backtracks("a".repeat(500)));
  expect(time(() => backtracks("a".repeat(500 * FACTOR))) / base).toBeGreaterThan(LIMIT);
});
