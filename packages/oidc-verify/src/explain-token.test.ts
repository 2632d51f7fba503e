import { createIssuer } from "@org/testkit";
import { expect, it } from "vitest";
import { explainToken, type NamedTrust } from "./explain-token.ts";
import { createKeyResolver } from "./keys.ts";
import { readTrustRules, type Trust } from "./trust.ts";

const issuer = await createIssuer();

async function explainTrusts(trusts: readonly NamedTrust[]): Promise<string[]> {
  const findings = await explainToken({
    token: await issuer.mint(),
    audiences: [],
    trusts,
    maxAgeSeconds: undefined,
    enforceExpiry: false,
    keys: createKeyResolver({ issuer: issuer.issuer, fetch: (url) => issuer.fetch(url) }),
    nowMs: Date.now(),
  });
  const from = findings.findIndex(({ what }) => what === "subject") + 1;
  return findings.slice(from).map(({ verdict, what }) => `${verdict} ${what}`);
}

const named = (name: string, trust: Trust): NamedTrust => ({ name, rules: readTrustRules(trust) });
const matching = { repository: "octo-org/octo-repo" };
const another = { repository: "octo-org/*", environment: "production" };

it("names the rule where there are several; what misses in one counts only if no other matches", async () => {
  expect(await explainTrusts([named("trust", [another, matching])])).toEqual([
    "pass rule 1 repository",
    "miss rule 1 environment",
    "pass rule 2 repository",
    "pass trust",
  ]);
  expect(await explainTrusts([named("trust", [another, { repository: "a/b" }])])).toEqual([
    "pass rule 1 repository",
    "fail rule 1 environment",
    "fail rule 2 repository",
    "fail trust",
  ]);
});

it("judges each of several trusts by itself", async () => {
  expect(await explainTrusts([named("/a", [matching]), named("/b", [another]), named("/c", "any")])).toEqual([
    "pass /a: repository",
    "pass /a",
    "pass /b: repository",
    "fail /b: environment",
    "fail /b",
    "pass /c",
  ]);
});
