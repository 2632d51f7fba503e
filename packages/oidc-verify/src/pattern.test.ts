import { describe, expect, it } from "vitest";
import { createPattern, createWorkflowPattern } from "./pattern.ts";

describe("a pattern", () => {
  it.each([
    ["a", "a", true],
    ["a", "ab", false],
    ["", "", true],
    ["*", "", true],
    ["a*", "a", true],
    ["*a", "ba", true],
    ["a*a", "a", false],
    ["a*b*c", "axxbyyc", true],
    ["a*b*c", "axxbyy", false],
    ["a*bc*c", "abc", false],
    ["a**b", "ab", true],
    ["a.c", "abc", false],
    ["a|b", "a", false],
    ["[ab]", "a", false],
    ["v*", "xv1", false],
    ["*-x", "a-x-y", false],
  ])("%j against %j: %s", (pattern, value, expected) => {
    expect(createPattern(pattern)(value)).toBe(expected);
  });

  it("takes no time to speak of for what makes backtracking explode", () => {
    expect(createPattern(`${"a*".repeat(500)}b`)("a".repeat(8000))).toBe(false);
  });
});

describe("a pattern for a workflow", () => {
  const workflow = (path: string, ref = "") => `o/r/.github/workflows/${path}${ref && "@"}${ref}`;
  it.each([
    ["*", workflow("a.yml", "refs/heads/main"), true],
    ["o/r/*", workflow("a.yml", "refs/heads/x"), true],
    ["o/r/*", "o/s/.github/workflows/a.yml@refs/heads/main", false],
    ["o/s/*", "o/r/.github/workflows/a.yml@o/s/", false],
    [workflow("*", "refs/heads/main"), workflow("a.yml", "refs/heads/main"), true],
    [workflow("*", "refs/heads/main"), workflow("evil.yml", "refs/heads/x@refs/heads/main"), false],
    [workflow("*"), workflow("evil.yml", "refs/heads/x"), true],
    ["*/deploy.yml@refs/tags/v*", workflow("evil.yml", "refs/heads/x/deploy.yml@refs/tags/v1"), false],
    [workflow("a.yml", "refs/tags/v*"), workflow("a.yml", "refs/tags/v1@2"), true],
    [workflow("a.yml", "refs/heads/x@y"), workflow("a.yml", "refs/heads/x@y"), true],
    [workflow("a.yml", "*"), workflow("a.yml"), false],
    [workflow("a.yml", "refs/heads/main"), workflow("a@b.yml", "refs/heads/main"), false],
  ])("%j against %j: %s", (pattern, value, expected) => {
    expect(createWorkflowPattern(pattern)(value)).toBe(expected);
  });
});
