import type { GitHubClaims, VerifiedToken } from "@org/oidc-verify";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { LimitName } from "./limits.ts";
import { createReport } from "./report.ts";

const claims = { repository: "o/r", ref: "refs/heads/main", run_id: "1", run_attempt: "1", actor: "a" };
const token: VerifiedToken = { claims: claims as unknown as GitHubClaims, acceptedUntil: 0 };
const route = { upstream: "https://up.example", key: "k" };
let lines: MockInstance<typeof console.log>;
const logged = () => lines.mock.calls.map(([line]) => JSON.parse(String(line)));

beforeEach(() => {
  lines = vi.spyOn(console, "log");
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("how long a caller is told to wait", () => {
  const WAITS = ["retry-after", "retry-after-ms", "x-should-retry"];
  it.each<[LimitName, number | undefined, number | undefined, (string | null)[]]>([
    ["rate", 400, 700, ["1", "700", null]],
    ["rate", 400, undefined, ["1", "400", null]],
    ["rate", undefined, 700, ["1", null, null]],
    ["token", undefined, undefined, [null, null, "false"]],
    ["run", undefined, undefined, [null, null, "false"]],
    ["repository", 1, 900, ["1", null, null]],
    ["repository", 59_001, undefined, ["60", null, null]],
    ["owner", 60_000, undefined, ["60", null, null]],
    ["owner", 60_001, undefined, ["60", null, "false"]],
  ])("%s, free in %s ms, its turn in %s ms", (deniedBy, retryAfterMs, turnMs, expected) => {
    const standing = { name: deniedBy, limit: 1, remaining: 0, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    const other = { name: "other", limit: 1, remaining: 1, retryAfterMs: 5 };
    const response = createReport({ waitUntil() {} }).denied(
      { limits: [other, standing], deniedBy, turnMs },
      token,
      route,
    );
    expect(WAITS.map((name) => response.headers.get(name))).toEqual(expected);
  });
});

it.each<[LimitName, 429 | 403, number]>([
  ["rate", 403, 429],
  ["token", 403, 403],
  ["owner", 403, 403],
  ["token", 429, 429],
])("%s spent, with BUDGET_EXHAUSTED_STATUS %i, is answered %i, and logged so", (deniedBy, status, expected) => {
  const response = createReport({ waitUntil() {}, budgetExhaustedStatus: status }).denied(
    { limits: [], deniedBy },
    token,
    route,
  );
  expect(response.status).toBe(expected);
  expect(logged()).toEqual([expect.objectContaining({ event: "refused", status: expected, repository: "o/r" })]);
});

it("names a caller once per token", () => {
  const report = createReport({ waitUntil() {} });
  const another = { ...token };
  for (const each of [token, token, another]) report.firstUse(each);
  expect(logged()).toEqual([
    { event: "first_use", ...claims },
    { event: "first_use", ...claims },
  ]);
});

it("tells of a defect where it is, and not what it quotes", () => {
  const work: Promise<unknown>[] = [];
  const report = createReport({ waitUntil: (each) => work.push(each) });
  const response = report.refused(new RangeError("sk-secret"), token);
  expect([response.status, response.headers.get("x-oidc-proxy-error")]).toEqual([500, "internal"]);
  report.refused("sk-secret", token);
  const [defect, thrownText] = logged();
  expect(defect).toMatchObject({ code: "internal", cause: "RangeError", repository: "o/r" });
  expect(defect.at.length).toBeGreaterThan(0);
  expect(defect.at.length).toBeLessThanOrEqual(5);
  for (const frame of defect.at) expect(frame).toMatch(/^at /);
  expect(thrownText).toEqual({ event: "refused", code: "internal", status: 500, ...claims });
  expect(JSON.stringify([defect, thrownText])).not.toContain("sk-secret");
  expect(work).toEqual([]);
});
