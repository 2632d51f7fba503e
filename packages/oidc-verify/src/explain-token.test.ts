import { expect, it } from "vitest";
import { createTokenForge } from "../test/token-forge.ts";
import { type ExplainOptions, explainToken, type NamedTrust } from "./explain-token.ts";
import { createKeyResolver } from "./keys.ts";
import { createIssuer, createManualClock } from "./testing.ts";
import { readTrustRules, type Trust } from "./trust.ts";

const issuer = await createIssuer({ audience: "goose-oidc-proxy" });

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

const NOW = Date.UTC(2026, 3, 1, 12);
const clock = createManualClock(NOW);
const forging = await createIssuer({ clock, audience: "goose-oidc-proxy" });
const forge = createTokenForge(forging, NOW / 1000 - 60);

const passing: Readonly<Record<string, string>> = {
  header: `info alg RS256, kid ${forging.key.kid}`,
  issuer: 'pass "https://token.actions.githubusercontent.com"',
  audience: 'pass "goose-oidc-proxy"',
  signature: "pass ",
  iat: "info 2026-04-01T11:59:00.000Z, 60 s ago",
  nbf: "info absent",
  exp: "info 2026-04-01T12:04:00.000Z, 240 s ahead",
  time: "pass ",
  claims: "pass 9, none required is missing",
  subject: "info repo:o/r:ref:refs/heads/main (ref)",
  trust: "skip --rule checks it",
};

async function tellAll(token: string, options: Partial<ExplainOptions>): Promise<Record<string, string>> {
  const keys = createKeyResolver({ issuer: forging.issuer, clock, fetch: forging.fetch });
  const judged = { audiences: ["goose-oidc-proxy"], trusts: [], maxAgeSeconds: undefined, enforceExpiry: false };
  const findings = await explainToken({ token, ...judged, keys, nowMs: NOW, ...options });
  return Object.fromEntries(findings.map(({ verdict, what, why }) => [what, `${verdict} ${why}`]));
}

const ends = { exp: NOW / 1000 };
const ended = { exp: "info 2026-04-01T12:00:00.000Z, 0 s ago" };

it.each<[string, Record<string, unknown>, Partial<ExplainOptions>, Record<string, string>]>([
  ["that passes", {}, {}, {}],
  ["late in a second", {}, { nowMs: NOW + 999 }, {}],
  ["that has ended", ends, {}, { ...ended, time: "fail Token expired" }],
  ["trusted as any is", {}, { trusts: [named("trust", "any")] }, { trust: "pass any repository" }],
  [
    "that lasts as long as there are dates",
    { exp: 8.64e12 },
    {},
    { exp: "info +275760-09-13T00:00:00.000Z, 8638224955200 s ahead" },
  ],
  [
    "that no rule trusts",
    {},
    { trusts: [named("trust", [{ ref: ["refs/heads/a", "refs/heads/b"], environment: "c", repository_owner: "o" }])] },
    {
      ref: "fail refs/heads/main, expected refs/heads/a or refs/heads/b",
      environment: "fail absent, expected c",
      repository_owner: "pass o",
      trust: "fail ",
    },
  ],
  ["that may be older", ends, { maxAgeSeconds: 60 }, ended],
  ["that may not", ends, { maxAgeSeconds: 60, enforceExpiry: true }, { ...ended, time: "fail Token expired" }],
  ["that is too old", {}, { maxAgeSeconds: 59 }, { time: "fail Token too old" }],
  [
    "with times that are none",
    { iat: "now", exp: 8.64e12 + 1, nbf: 8.64e12 },
    {},
    {
      iat: "info absent",
      exp: "info absent",
      nbf: "info +275760-09-13T00:00:00.000Z, 8638224955200 s ahead",
      time: "fail Invalid claim: iat",
      claims: "pass 10, none required is missing",
    },
  ],
  ["for another audience", { aud: "x" }, {}, { audience: 'fail "x", expected goose-oidc-proxy' }],
  ["for one of two", { aud: ["x"] }, { audiences: ["y", "z"] }, { audience: 'fail ["x"], expected y or z' }],
  ["for whomever", {}, { audiences: [] }, { audience: 'skip "goose-oidc-proxy"; --audience checks it' }],
  ["without a subject", { sub: undefined }, {}, { subject: "info absent", claims: "fail Invalid claim: sub" }],
  ["with a subject of one's own", { sub: "x" }, {}, { subject: "info x (custom template)" }],
  [
    "of another issuer",
    { iss: "https://other.test" },
    {},
    {
      issuer: 'fail "https://other.test", expected https://token.actions.githubusercontent.com',
      signature: "fail Not of an issuer whose keys are known",
    },
  ],
])("tells all of a token %s", async (_, changes, options, differing) => {
  expect(await tellAll(await forge.claims(changes), options)).toEqual({ ...passing, ...differing });
});

it("tells that another text was signed, and why no key could be had", async () => {
  const token = await forge.claims({});
  const another = await forge.claims({ jti: "another" });
  const spoiled = token.slice(0, token.lastIndexOf(".")) + another.slice(another.lastIndexOf("."));
  expect(await tellAll(spoiled, {})).toEqual({ ...passing, signature: "fail Invalid signature" });
  const down = () => Promise.reject(new TypeError("no way there"));
  const keys = createKeyResolver({ issuer: forging.issuer, clock, fetch: down });
  expect((await tellAll(token, { keys })).signature).toMatch(/^fail .+: no way there$/);
});

it("fails itself where a resolver of the caller's own has a defect", async () => {
  const keys = {
    issuer: forging.issuer,
    peek: () => undefined,
    resolve: () => Promise.reject(new RangeError("no luck")),
  };
  await expect(tellAll(await forge.claims({}), { keys })).rejects.toThrow(RangeError);
});

it("says of what is no token only why", async () => {
  expect(await tellAll("no-token", {})).toEqual({ token: "fail Malformed JWT" });
});
