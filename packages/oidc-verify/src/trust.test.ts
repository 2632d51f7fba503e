import { describe, expect, it } from "vitest";
import type { GitHubClaims } from "./claims.ts";
import { OidcVerifyError } from "./errors.ts";
import { readTrustRules, type Trust, type TrustRule } from "./trust.ts";

const CLAIMS = {
  repository: "Octo-Org/App",
  repository_id: "42",
  repository_owner: "Octo-Org",
  repository_owner_id: "7",
  sub: "repo:Octo-Org/App:ref:refs/heads/main",
  ref: "refs/heads/main",
  head_ref: "feature/x",
  base_ref: "release/1",
  environment: "Production",
  workflow: "CI *",
  workflow_ref: "octo-org/app/.github/workflows/ci.yml@refs/heads/x@refs/heads/main",
  job_workflow_ref: "octo-org/shared/.github/workflows/deploy.yml@refs/tags/v1.2",
  repo_property_tier: "gold",
  repo_property_cost_id: "a b",
  repo_property_star: "*",
  repo_property_regions: "us-east-1,eu-west-1",
  repo_property_count: 3,
  repo_property_share: 0.5,
  repo_property_pci: true,
  repo_property_huge: Number.POSITIVE_INFINITY,
  repo_property_safe: Number.MAX_SAFE_INTEGER,
  repo_property_unsafe: 2 ** 53,
  repo_property_null: null,
  repo_property_object: { gold: "gold" },
  repo_property_list: ["gold", 7, false, null, ["deep"], { deep: "deep" }],
  repo_property_none: [],
  repo_property_nothing: [null, {}],
} as unknown as GitHubClaims;

/** What is explained is what is done. */
function trusted(...rules: unknown[]): boolean {
  const read = readTrustRules(rules as unknown as Trust);
  const { trusted } = read.explain(CLAIMS);
  if (trusted) read.assertTrusted(CLAIMS);
  else expect(() => read.assertTrusted(CLAIMS)).toThrow(OidcVerifyError);
  return trusted;
}

describe("of several rules", () => {
  const matching = { repository: "octo-org/app" };
  const another = { repository: "a/b" };
  const inPart = { repository: "octo-org/app", actor: "x" };
  it.each([
    ["the first", [matching, another], true],
    ["the last", [another, inPart, matching], true],
    ["one in the middle", [another, matching, inPart], true],
    ["none", [another, inPart], false],
    [
      "none, though together they would",
      [
        { ...matching, actor: "x" },
        { ...another, ref: "refs/heads/main" },
      ],
      false,
    ],
  ])("%s matches", (_, rules, expected) => {
    expect(trusted(...rules)).toBe(expected);
  });
});

it("any is any", () => {
  readTrustRules("any").assertTrusted(CLAIMS);
});

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
    [{ repository: "octo-org/app", head_ref: "feature/*", base_ref: "release/*" }, true],
    [{ repository: "octo-org/app", head_ref: "*", base_ref: "main" }, false],
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
    [{ repository: "octo-org/app", repo_property_star: "*" }, true],
    [{ repository: "octo-org/app", repo_property_tier: "*" }, false],
    [{ repository: "octo-org/app", repo_property_regions: "us-east-1,eu-west-1" }, true],
    [{ repository: "octo-org/app", repo_property_regions: "us-east-1" }, false],
    [{ repository: "octo-org/app", repo_property_count: "3" }, true],
    [{ repository: "octo-org/app", repo_property_count: "3.0" }, false],
    [{ repository: "octo-org/app", repo_property_share: "0.5" }, true],
    [{ repository: "octo-org/app", repo_property_pci: "true" }, true],
    [{ repository: "octo-org/app", repo_property_pci: "false" }, false],
    [{ repository: "octo-org/app", repo_property_pci: ["false", "true"] }, true],
    [{ repository: "octo-org/app", repo_property_huge: ["Infinity", "null"] }, false],
    [{ repository: "octo-org/app", repo_property_safe: "9007199254740991" }, true],
    [{ repository: "octo-org/app", repo_property_unsafe: "9007199254740992" }, false],
    [{ repository: "octo-org/app", repo_property_null: ["null", ""] }, false],
    [{ repository: "octo-org/app", repo_property_object: ["[object Object]", '{"gold":"gold"}'] }, false],
    [{ repository: "octo-org/app", repo_property_list: "gold" }, true],
    [{ repository: "octo-org/app", repo_property_list: ["silver", "7"] }, true],
    [{ repository: "octo-org/app", repo_property_list: "false" }, true],
    [{ repository: "octo-org/app", repo_property_list: ["null", "deep", "gold, 7, false"] }, false],
    [{ repository: "octo-org/app", repo_property_none: ["", "[]"] }, false],
    [{ repository: "octo-org/app", repo_property_absent: ["", "undefined"] }, false],
    [{ sub: "repo:Octo-Org/App", ref: "refs/heads/main" }, false],
    [{ repository_owner: "octo-org", sub: "environment:production" }, false],
    [{ repository: "octo-org/app", job_workflow_ref: "*" }, true],
    [{ repository: "octo-org/app", job_workflow_ref: "octo-org/*/.github/workflows/deploy.yml@*" }, true],
    [Object.assign(Object.create(null), { repository: "octo-org/app" }), true],
  ] as const)("%j matches: %s", (rule, expected) => {
    expect(trusted(rule)).toBe(expected);
  });

  it.each([
    ["is no object", "octo-org/app"],
    ["is null", null],
    ["is undefined", undefined],
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
    ["has a star in an owner", { repository_owner: "octo*" }],
    ["has a star for an owner", { repository_owner: "*" }],
    ["has a repository for an owner", { repository_owner: "octo-org/app" }],
    ["has a star in a repository's owner", { repository: "octo-*/*" }],
    ["has a star in one repository's owner", { repository: ["o/r", "octo*/app"] }],
    ["has no owner in a repository", { repository: "/app" }],
    ["has no repository of an owner", { repository: "octo-org/" }],
    ...["workflow_ref", "job_workflow_ref"].flatMap((claim) =>
      [
        "octo-*/shared/.github/workflows/deploy.yml@refs/heads/main",
        "octo-*",
        "octo-org*",
        "**",
        "*@refs/heads/main",
        "*@*",
        "*/shared/.github/workflows/deploy.yml@refs/heads/main",
        "*/*",
        "*octo-org/shared/*",
        "/shared/.github/workflows/deploy.yml@refs/heads/main",
        "/*",
        "@refs/heads/main",
        "octo-org@refs/heads/main",
        "octo-org/@refs/heads/main",
        "octo-*@x/shared/.github/workflows/deploy.yml@refs/heads/main",
        "",
      ].map((value): [string, unknown] => [
        `has ${claim} ${JSON.stringify(value)}`,
        { repository: "o/r", [claim]: ["o/r/a.yml@x", value] },
      ]),
    ),
  ])("that %s cannot be made", (_, rule) => {
    const make = () => readTrustRules([rule] as unknown as Trust);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(/^trust\[0\]/);
  });

  it.each([
    [{ sub: "repo:o/r:ref:refs/heads/main" }, true],
    [{ sub: "repo:o/r:environment:a%3Ab:job_workflow_ref:x/y/z.yml@refs/heads/main" }, true],
    [{ sub: "repo:o/r" }, true],
    [{ sub: "repo:octo_corp/r.x-y_z:pull_request" }, true],
    [{ sub: "repo:o@12/r@34:ref:refs/heads/main" }, true],
    [{ sub: ["repo:o/r:pull_request", "repo:o@12/r@34:pull_request"] }, true],
    [{ sub: "repo:o@12/r:ref:refs/heads/main" }, false],
    [{ sub: "repo:o/r@34:ref:refs/heads/main" }, false],
    [{ sub: "repo:o@x/r@y:ref:refs/heads/main" }, false],
    [{ sub: "repo:o@12/r@34x" }, false],
    [{ sub: "repo:/r:ref:refs/heads/main" }, false],
    [{ sub: "repo:o/:ref:refs/heads/main" }, false],
    [{ sub: "repo:o:ref:refs/heads/main" }, false],
    [{ sub: "repo:o/r/x:ref:refs/heads/main" }, false],
    [{ sub: "repo:o%2Fr:ref:refs/heads/main" }, false],
    [{ sub: "repo:%2A/r:ref:refs/heads/main" }, false],
    [{ sub: "repo: /r:ref:refs/heads/main" }, false],
    [{ sub: "Repo:o/r:ref:refs/heads/main" }, false],
    [{ sub: "x:repo:o/r:ref:refs/heads/main" }, false],
    [{ sub: "\nrepo:o/r:ref:refs/heads/main" }, false],
    [{ sub: "repo:o/r\n" }, false],
    [{ sub: "environment:production" }, false],
    [{ sub: "repository_owner:octo-org" }, false],
    [{ sub: "job_workflow_ref:octo-org/a/.github/workflows/b.yml@refs/heads/main" }, false],
    [{ sub: "repository_visibility:private", ref: "refs/heads/main" }, false],
    [{ sub: ["repo:o/r:pull_request", "environment:production"] }, false],
    [{ sub: ["environment:production", "repo:o/r:pull_request"] }, false],
    [{ sub: "environment:production", repository_owner_id: "7" }, true],
    [{ sub: ["repo:o/r:pull_request", "environment:production"], repository: "o/*" }, true],
    [{ sub: "environment:*", repository_owner_id: "7" }, false],
    [{ sub: "", repository_owner_id: "7" }, false],
  ])("%j says whom it means: %s", (rule, pins) => {
    const make = () => readTrustRules([rule as TrustRule]);
    if (pins) expect(make).not.toThrow();
    else expect(make).toThrow(TypeError);
  });

  it("that pins nobody is told what would", () => {
    const pins =
      "repository, repository_id, repository_owner, repository_owner_id, or a sub that begins with a repository";
    expect(() => readTrustRules([{ ref: "refs/heads/main" }])).toThrow(`trust[0]: must name one of ${pins}`);
  });

  it("that cannot be made is told without its values", () => {
    const spoilt = [
      { repository: "SECRET" },
      { repository: "o/r", sub: "SECRET*" },
      { repository_id: "SECRET!" },
      { sub: "SECRET" },
    ];
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
  const [REPOSITORY, REF] = ["Octo-Org/App", "refs/heads/main"];
  it.each([
    [[repository], "Repository 'Octo-Org/App' not allowed", "repository", { repository: REPOSITORY }],
    [[repository, repository], "Repository 'Octo-Org/App' not allowed", "repository", { repository: REPOSITORY }],
    [[ref], "Ref 'refs/heads/main' not allowed", "ref", { ref: REF }],
    [[both], "Repository 'Octo-Org/App' not allowed", "repository", { repository: REPOSITORY, ref: REF }],
    [[environment], "Not allowed by trust policy: environment", "environment", { environment: "Production" }],
    [[{ repository: "*", actor: "x" }], "Not allowed by trust policy: actor", "actor", { actor: undefined }],
    [
      [repository, ref],
      "Not allowed by trust policy: repository, ref",
      undefined,
      { repository: REPOSITORY, ref: REF },
    ],
    [
      [ref, both, environment],
      "Not allowed by trust policy: ref, repository, environment",
      undefined,
      { ref: REF, repository: REPOSITORY, environment: "Production" },
    ],
    [
      [{ ...both, environment: "x" }],
      "Not allowed by trust policy: repository, ref, environment",
      undefined,
      { repository: REPOSITORY, ref: REF, environment: "Production" },
    ],
    [
      [{ ...ref, repo_property_list: "x" }],
      "Not allowed by trust policy: ref, repo_property_list",
      undefined,
      { ref: REF, repo_property_list: "gold, 7, false" },
    ],
  ] as [TrustRule[], string, string | undefined, object][])("of %j says: %s", (rules, message, claim, failed) => {
    const error = refusalBy(rules);
    expect(error).toMatchObject({ code: "untrusted", message });
    expect([error.claim, error.failed]).toEqual([claim, failed]);
    expect(Object.keys(error.failed ?? {})).toEqual(Object.keys(failed)); // absent ones too, in order
    expect(error).not.toHaveProperty("claims"); // nobody says that these are verified
  });

  it("tells no value of a rule, and is no noise in a log", () => {
    const error = refusalBy([{ repository: "SECRET/app", environment: "SECRET", actor: "SECRET" }]);
    expect(JSON.stringify([error.message, error.failed, error])).not.toContain("SECRET");
    expect(Object.keys(error)).not.toContain("failed");
    expect(Object.isFrozen(error.failed)).toBe(true);
  });

  it("quotes 200 printable characters at most", () => {
    const claims = { ...CLAIMS, repository: `o/\u0000\u202e${"é".repeat(300)}` } as GitHubClaims;
    const message = `Repository 'o/${"é".repeat(198)}' not allowed`;
    expect(refusalBy([repository], claims)).toMatchObject({ message, failed: { repository: `o/${"é".repeat(198)}` } });
  });
});

function refusalBy(rules: TrustRule[], claims = CLAIMS): OidcVerifyError {
  try {
    readTrustRules(rules as unknown as Trust).assertTrusted(claims);
  } catch (error) {
    if (error instanceof OidcVerifyError) return error;
  }
  throw new Error("trusted");
}

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
  const property = readTrustRules([{ repository: "*", repo_property_list: "7", repo_property_nothing: "x" }]);
  expect(property.explain(CLAIMS).rules[0]?.claims.slice(1)).toEqual([
    { claim: "repo_property_list", expected: ["7"], actual: "gold, 7, false", matched: true },
    { claim: "repo_property_nothing", expected: ["x"], matched: false },
  ]);
  expect(readTrustRules("any").explain(CLAIMS)).toEqual({ trusted: true, rules: [] });
});

it("keeps what it was made of, whatever becomes of the list", () => {
  const repository = ["octo-org/app"];
  const rules = readTrustRules([{ repository }]);
  repository[0] = "*";
  repository.push("*");
  expect(rules.explain({ ...CLAIMS, repository: "evil/app" }).trusted).toBe(false);
});
