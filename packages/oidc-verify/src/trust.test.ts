import { describe, expect, it } from "vitest";
import type { GitHubClaims } from "./claims.ts";
import { readTrustRules, type Trust, type TrustRule } from "./trust.ts";

const CLAIMS = {
  repository: "Octo-Org/App",
  repository_id: "42",
  repository_owner: "Octo-Org",
  repository_owner_id: "7",
  sub: "repo:Octo-Org/App:ref:refs/heads/main",
  ref: "refs/heads/main",
  environment: "Production",
  workflow: "CI *",
  workflow_ref: "octo-org/app/.github/workflows/ci.yml@refs/heads/x@refs/heads/main",
  job_workflow_ref: "octo-org/shared/.github/workflows/deploy.yml@refs/tags/v1.2",
  repo_property_tier: "gold",
  repo_property_cost_id: "a b",
} as unknown as GitHubClaims;

const trusted = (...rules: unknown[]) => readTrustRules(rules as unknown as Trust).explain(CLAIMS).trusted;

describe("a rule", () => {
  it.each([
    [{ repository: "octo-org/app" }, true],
    [{ repository: "OCTO-ORG/APP" }, true],
    [{ repository: "octo-org/*" }, true],
    [{ repository: "*" }, true],
    [{ repository: ["a/b", "octo-org/app"] }, true],
    [{ repository: "octo-org/ap" }, false],
    [{ repository: "octo-org/app-evil" }, false],
    [{ repository: "octo/*" }, false],
    [{ repository: "octo-org-evil/*" }, false],
    [{ repository_owner: "octo-org" }, true],
    [{ repository_owner: "octo" }, false],
    [{ repository_id: "42" }, true],
    [{ repository_id: "4" }, false],
    [{ repository_owner_id: ["1", "7"] }, true],
    [{ sub: "repo:Octo-Org/App:ref:refs/heads/main" }, true],
    [{ sub: "repo:octo-org/app:ref:refs/heads/main" }, false],
    [{ sub: "repo:Octo-Org/App" }, false],
    [{ repository: "octo-org/app", ref: "refs/heads/main" }, true],
    [{ repository: "octo-org/app", ref: "refs/heads/*" }, true],
    [{ repository: "octo-org/app", ref: "*" }, true],
    [{ repository: "octo-org/app", ref: "refs/heads/MAIN" }, false],
    [{ repository: "octo-org/app", ref: "refs/heads/mai." }, false],
    [{ repository: "octo-org/app", ref: "heads/*" }, false],
    [{ repository: "octo-org/app", ref: ["refs/tags/v*", "refs/heads/release/*"] }, false],
    [{ repository: "octo-org/app", environment: "production" }, true],
    [{ repository: "octo-org/app", environment: "prod" }, false],
    [{ repository: "octo-org/app", workflow: "CI *" }, true],
    [{ repository: "octo-org/app", workflow: "*" }, false],
    [{ repository: "octo-org/app", job_workflow_ref: "octo-org/shared/.github/workflows/*@refs/tags/v1.*" }, true],
    [{ repository: "octo-org/app", job_workflow_ref: "octo-org/shared/*@refs/heads/*" }, false],
    [{ repository: "octo-org/app", job_workflow_ref: "octo-org/*@v1.2" }, false],
    [{ repository: "octo-org/app", job_workflow_ref: "octo-org/shared/*" }, true],
    [{ repository: "octo-org/app", workflow_ref: "octo-org/*@refs/heads/main" }, false],
    [{ repository: "octo-org/app", workflow_ref: "octo-org/*@*" }, true],
    [{ repository: "octo-org/app", repo_property_tier: "gold" }, true],
    [{ repository: "octo-org/app", repo_property_tier: "silver" }, false],
    [{ repository: "octo-org/app", actor: "octocat" }, false],
    [{ repository: "octo-org/app", repo_property_cost_id: "a b" }, true],
    [Object.assign(Object.create(null), { repository: "octo-org/app" }), true],
  ] as const)("%j matches: %s", (rule, expected) => {
    expect(trusted(rule)).toBe(expected);
  });

  it.each([
    ["is no object", "octo-org/app"],
    ["is a list", [["octo-org/app"]]],
    ["is empty", {}],
    ["names an unknown claim", { repository: "o/r", repo: "o/r" }],
    ["names a claim of the token's own", { repository: "o/r", iss: "x" }],
    ["names what every object has", { repository: "o/r", constructor: "x" }],
    ["names a property without name", { repository: "o/r", repo_property_: "x" }],
    ["has an empty list", { repository: [] }],
    ["has a number", { repository_id: 42 }],
    ["has an id that is none", { repository_id: "o/r" }],
    ["has no value", { repository: null }],
    ["pins nobody", { ref: "refs/heads/main" }],
    ["pins a workflow alone", { job_workflow_ref: "o/r/.github/workflows/x.yml@refs/heads/main" }],
    ["pins nobody but undefined", { repository: undefined, ref: "refs/heads/main" }],
    ["has a claim that is undefined", { repository: "o/r", ref: undefined }],
    ["has undefined in a list", { repository: "o/r", ref: ["refs/heads/main", undefined] }],
    ["has a gap in a list", { repository: "o/r", ref: new Array(1) }],
    [
      "is of a class",
      new (class {
        repository = "o/r";
      })(),
    ],
    [
      "has what it inherits",
      Object.create({ ref: "refs/heads/main" }, { repository: { value: "o/r", enumerable: true } }),
    ],
    ["has a workflow without ref", { repository: "o/r", workflow_ref: "o/r/.github/workflows/deploy.yml" }],
    ["has an owner as repository", { repository: "octo-org" }],
    ["has a part of a name", { repository: "octo-org/app-*" }],
    ["has a star as owner", { repository: "*/app" }],
    ["has blanks", { repository: " o/r" }],
    ["has a URL", { repository: "https://github.com/o/r" }],
    ["has an empty owner", { repository_owner: "" }],
    ["has a star where it means nothing", { sub: "repo:o/r:*" }],
    ["has a star for an owner", { repository_owner: "octo*" }],
  ])("that %s cannot be made", (_, rule) => {
    expect(() => readTrustRules([rule] as unknown as Trust)).toThrow(TypeError);
  });

  it("that cannot be made is told without its values", () => {
    const spoilt = [{ repository: "SECRET" }, { repository: "o/r", sub: "SECRET*" }, { repository_id: "SECRET!" }];
    for (const rule of spoilt) {
      expect(() => readTrustRules([rule])).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("SECRET") }),
      );
    }
  });

  it.each([[[]], ["all"], [undefined], [{ repository: "o/r" }]])("is not %j", (trust) => {
    expect(() => readTrustRules(trust as unknown as Trust)).toThrow(TypeError);
  });
});

it.each([
  ["repository", "kubernetes/app", "\u212Aubernetes/app"],
  ["repository", "kubernetes/*", "\u212Aubernetes/app"],
  ["repository_owner", "kubernetes", "\u212Aubernetes"],
  ["environment", "k8s", "\u212A8s"],
  ["environment", "i\u0307x", "\u0130x"],
])("folds the case of ASCII letters only: %s %j is not %j", (claim, expected, actual) => {
  const rules = readTrustRules([{ repository: "*", [claim]: expected }]);
  expect(rules.explain({ repository: "a/b", [claim]: actual }).trusted).toBe(false);
});

describe("a refusal", () => {
  const repository = { repository: "a/b" };
  const ref = { repository: "*", ref: "refs/heads/x" };
  const both = { repository: "a/b", ref: "refs/heads/x" };
  const environment = { repository: "*", environment: "x" };
  it.each([
    [[repository], "Repository 'Octo-Org/App' not allowed", "repository"],
    [[repository, repository], "Repository 'Octo-Org/App' not allowed", "repository"],
    [[ref], "Ref 'refs/heads/main' not allowed", "ref"],
    [[both], "Repository 'Octo-Org/App' not allowed", "repository"],
    [[environment], "Not allowed by trust policy: environment", "environment"],
    [[repository, ref], "Not allowed by trust policy", undefined],
    [[{ ...both, environment: "x" }], "Not allowed by trust policy", undefined],
  ] as [TrustRule[], string, string | undefined][])("of %j says: %s", (rules, message, claim) => {
    const { assertTrusted } = readTrustRules(rules as unknown as Trust);
    expect(() => assertTrusted(CLAIMS)).toThrow(expect.objectContaining({ code: "untrusted", message }));
    expect(() => assertTrusted(CLAIMS)).toThrow(expect.objectContaining(claim ? { claim } : { code: "untrusted" }));
  });

  it("quotes 200 printable characters at most", () => {
    const claims = { ...CLAIMS, repository: `o/\u0000\u202e${"é".repeat(300)}` } as GitHubClaims;
    const message = `Repository 'o/${"é".repeat(198)}' not allowed`;
    expect(() => readTrustRules([repository]).assertTrusted(claims)).toThrow(expect.objectContaining({ message }));
  });
});

it("explains itself rule by rule and claim by claim", () => {
  const rules = readTrustRules([{ repository: "octo-org/app", actor: "x" }, { repository_id: ["42", "43"] }]);
  expect(rules.explain(CLAIMS)).toEqual({
    trusted: true,
    rules: [
      {
        matched: false,
        claims: [
          { claim: "repository", expected: ["octo-org/app"], actual: "Octo-Org/App", matched: true },
          { claim: "actor", expected: ["x"], matched: false },
        ],
      },
      { matched: true, claims: [{ claim: "repository_id", expected: ["42", "43"], actual: "42", matched: true }] },
    ],
  });
  expect(readTrustRules("any").explain(CLAIMS)).toEqual({ trusted: true, rules: [] });
});

it("keeps what it was made of, whatever becomes of the list", () => {
  const repository = ["octo-org/app"];
  const rules = readTrustRules([{ repository }]);
  repository[0] = "*";
  repository.push("*");
  expect(rules.explain({ ...CLAIMS, repository: "evil/app" }).trusted).toBe(false);
});
