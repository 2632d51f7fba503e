import { describe, expect, it } from "vitest";
import { readConfig, readCors } from "./config.ts";

const valid = {
  OIDC_AUDIENCE: "goose-oidc-proxy",
  UPSTREAM_URL: "https://api.example.com",
  UPSTREAM_API_KEY: "sk-secret",
};

function configOf(change: object) {
  const { config, faults } = readConfig({ ...valid, ...change });
  expect(faults).toBeUndefined();
  if (!config) throw new Error("no config");
  return config;
}

const single = (change: object) => ({ routes: [expect.objectContaining(change)] });
const allowance = (change: object) => single({ allowance: expect.objectContaining(change) });

describe("defaults", () => {
  const defaults = {
    issuer: "https://token.actions.githubusercontent.com",
    audience: ["goose-oidc-proxy"],
    maxAgeSeconds: undefined,
    enforceExpiry: false,
    routes: [
      {
        upstream: "https://api.example.com",
        authHeader: "Authorization",
        authPrefix: "",
        key: ["sk-secret"],
        trust: "any",
        allowance: { rate: { units: 2, count: "" }, token: { units: 200, count: "" } },
      },
    ],
    upstreamTimeoutMs: 600_000,
    budgetExhaustedStatus: 429,
    warnings: ["any repository on GitHub may call: ALLOWED_REPOS is not set"],
  };
  const names = [
    "OIDC_ISSUER",
    "MAX_TOKEN_AGE_SECONDS",
    "ENFORCE_TOKEN_EXPIRY",
    "MAX_REQUESTS_PER_TOKEN",
    "RATE_LIMIT_PER_SECOND",
    "MAX_REQUESTS_PER_RUN",
    "MAX_REQUESTS_PER_REPO_PER_DAY",
    "MAX_REQUESTS_PER_OWNER_PER_DAY",
    "BUDGET_EXHAUSTED_STATUS",
    "ALLOWED_REPOS",
    "ALLOWED_REFS",
    "TRUST_POLICY",
    "UPSTREAM_AUTH_HEADER",
    "UPSTREAM_AUTH_PREFIX",
    "UPSTREAM_TIMEOUT_SECONDS",
    "ROUTES",
    "CORS_ORIGIN",
    "CORS_EXTRA_HEADERS",
    "CORS_EXPOSE_HEADERS",
  ];

  it("are those of the contract, and an empty string means unset", () => {
    expect(configOf({})).toEqual(defaults);
    const empty = Object.fromEntries(names.map((name) => [name, ""]));
    expect(configOf(empty)).toEqual(defaults);
    expect(readCors(empty)).toEqual({ origin: "*", extraHeaders: [], exposeHeaders: [] });
  });
});

const github = "https://token.actions.githubusercontent.com";
const rule = { repository_id: "1296269", environment: "production", job_workflow_ref: "octo-org/.github/*" };
const routes = [
  { preset: "anthropic", prefix: "/anthropic", key: "ANTHROPIC_KEY" },
  {
    prefix: "/npm",
    preset: "npm",
    key: "NPM_KEY",
    cookies: "pass",
    trust: [rule],
    limits: { MAX_REQUESTS_PER_TOKEN: 5 },
  },
];
const secrets = { UPSTREAM_URL: "", UPSTREAM_API_KEY: "", ANTHROPIC_KEY: "sk-a", NPM_KEY: "npm-1,npm-2" };
const faulty = { EMPTY_KEY: "", BLANK_KEY: "sk blank" };

describe("accepted", () => {
  it.each<[string, unknown, object]>([
    ["OIDC_ISSUER", `${github}/octo/`, { issuer: `${github}/octo` }],
    ["OIDC_ISSUER", "http://127.0.0.1:8801", { issuer: "http://127.0.0.1:8801" }],
    ["OIDC_AUDIENCE", " a , b ,, ", { audience: ["a", "b"] }],
    ["MAX_TOKEN_AGE_SECONDS", "1200", { maxAgeSeconds: 1200 }],
    ["MAX_TOKEN_AGE_SECONDS", 1200, { maxAgeSeconds: 1200 }],
    ["ENFORCE_TOKEN_EXPIRY", "true", { enforceExpiry: true }],
    ["ENFORCE_TOKEN_EXPIRY", true, { enforceExpiry: true }],
    ["BUDGET_EXHAUSTED_STATUS", "403", { budgetExhaustedStatus: 403 }],
    ["MAX_REQUESTS_PER_RUN", "7", allowance({ run: { units: 7, count: "" } })],
    ["MAX_REQUESTS_PER_REPO_PER_DAY", "8", allowance({ repository: { units: 8, count: "" } })],
    ["MAX_REQUESTS_PER_OWNER_PER_DAY", "9", allowance({ owner: { units: 9, count: "" } })],
    ["ALLOWED_REPOS", "Octo-Org/a.b, other/*", single({ trust: [{ repository: ["Octo-Org/a.b", "other/*"] }] })],
    ["ALLOWED_REPOS", " * ", single({ trust: [{ repository: ["*"] }] })],
    [
      "ALLOWED_REFS",
      "refs/heads/main,refs/tags/v*",
      single({ trust: [{ repository: "*", ref: ["refs/heads/main", "refs/tags/v*"] }] }),
    ],
    ["TRUST_POLICY", JSON.stringify([rule]), single({ trust: [rule] })],
    ["TRUST_POLICY", [rule], single({ trust: [rule] })],
    ["UPSTREAM_URL", "https://api.example.com/base/v1/", single({ upstream: "https://api.example.com/base/v1" })],
    ["UPSTREAM_URL", "http://localhost:8080", single({ upstream: "http://localhost:8080" })],
    ["UPSTREAM_URL", "http://[::1]:8080/x", single({ upstream: "http://[::1]:8080/x" })],
    ["UPSTREAM_AUTH_HEADER", "x-api-key", single({ authHeader: "x-api-key" })],
    ["UPSTREAM_AUTH_PREFIX", "Bearer ", single({ authPrefix: "Bearer " })],
    ["UPSTREAM_API_KEY", "sk-old, sk-new", single({ key: ["sk-old", "sk-new"] })],
    ["UPSTREAM_TIMEOUT_SECONDS", "30", { upstreamTimeoutMs: 30_000 }],
  ])("%s=%j", (name, value, expected) => {
    expect(configOf({ [name]: value })).toMatchObject(expected);
  });

  it.each<[object, object]>([
    [{ CORS_ORIGIN: "off" }, { origin: "off" }],
    [{ CORS_ORIGIN: "https://a.example, http://b:3000" }, { origin: ["https://a.example", "http://b:3000"] }],
    [{ CORS_EXTRA_HEADERS: "anthropic-version, x-foo" }, { extraHeaders: ["anthropic-version", "x-foo"] }],
    [{ CORS_EXPOSE_HEADERS: "Mcp-Session-Id, x-foo" }, { exposeHeaders: ["Mcp-Session-Id", "x-foo"] }],
  ])("%j", (env, expected) => {
    expect(readCors(env)).toMatchObject(expected);
  });

  it.each([
    ["as text", JSON.stringify(routes)],
    ["as it stands in wrangler.jsonc", routes],
  ])("ROUTES %s", (_, ROUTES) => {
    const defaults = {
      rate: { units: 2, count: "" },
      token: { units: 200, count: "" },
      run: { units: 30, count: "" },
    };
    expect(configOf({ ...secrets, ROUTES, ALLOWED_REPOS: "octo-org/*", MAX_REQUESTS_PER_RUN: "30" }).routes).toEqual([
      {
        preset: "anthropic",
        prefix: "/anthropic",
        key: ["sk-a"],
        trust: [{ repository: ["octo-org/*"] }],
        allowance: defaults,
      },
      {
        preset: "npm",
        prefix: "/npm",
        key: ["npm-1", "npm-2"],
        cookies: "pass",
        trust: [rule],
        allowance: { ...defaults, rate: { units: 500, count: "/npm" }, token: { units: 5, count: "/npm" } },
      },
    ]);
  });
});

describe("refused", () => {
  const integers = ["MAX_TOKEN_AGE_SECONDS", "MAX_REQUESTS_PER_TOKEN", "RATE_LIMIT_PER_SECOND", "MAX_REQUESTS_PER_RUN"];
  const notIntegers = [
    "0",
    "-1",
    "1e3",
    "2 per second",
    "01",
    "1.5",
    "abc",
    " 5",
    "+5",
    "0x10",
    "Infinity",
    "9".repeat(10),
  ];
  const lists = [
    "OIDC_AUDIENCE",
    "ALLOWED_REPOS",
    "ALLOWED_REFS",
    "CORS_ORIGIN",
    "CORS_EXTRA_HEADERS",
    "CORS_EXPOSE_HEADERS",
    "UPSTREAM_API_KEY",
  ];

  it.each<[string, unknown]>([
    ["OIDC_AUDIENCE", ""],
    ["OIDC_AUDIENCE", undefined],
    ["UPSTREAM_URL", ""],
    ["UPSTREAM_API_KEY", ""],
    ["OIDC_AUDIENCE", { list: true }],
    ...integers.flatMap((name) => notIntegers.map((value): [string, unknown] => [name, value])),
    ...lists.flatMap((name) => [",", " ", " , "].map((value): [string, unknown] => [name, value])),
    ["OIDC_ISSUER", "http://token.example.com"],
    ["OIDC_ISSUER", "token.actions.githubusercontent.com"],
    ["OIDC_ISSUER", "https://token.example.com?x"],
    ["ENFORCE_TOKEN_EXPIRY", "yes"],
    ["ENFORCE_TOKEN_EXPIRY", "TRUE"],
    ["BUDGET_EXHAUSTED_STATUS", "200"],
    ["ALLOWED_REPOS", "*, octo/repo"],
    ["ALLOWED_REPOS", "*/*"],
    ["ALLOWED_REPOS", "octo"],
    ["ALLOWED_REPOS", "octo/a/b"],
    ["ALLOWED_REPOS", "octo/repo-*"],
    ["ALLOWED_REPOS", "octo/repo other/repo"],
    ["ALLOWED_REFS", "main"],
    ["UPSTREAM_URL", "http://api.example.com"],
    ["UPSTREAM_URL", "http://localhost.evil.test"],
    ["UPSTREAM_URL", "ftp://api.example.com"],
    ["UPSTREAM_URL", "https://user@api.example.com"],
    ["UPSTREAM_URL", "https://api.example.com/a/../b"],
    ["UPSTREAM_URL", "https://api.example.com/%2e%2e/b"],
    ["UPSTREAM_URL", "https://api.example.com//b"],
    ["UPSTREAM_URL", "https://api.example.com/?key=1"],
    ["UPSTREAM_URL", "https://api.example.com/\\b"],
    ["UPSTREAM_AUTH_HEADER", "x api key"],
    ["UPSTREAM_AUTH_HEADER", "x-api-key:"],
    ["UPSTREAM_AUTH_HEADER", "Host"],
    ["UPSTREAM_AUTH_HEADER", "connection"],
    ["UPSTREAM_AUTH_PREFIX", "Bearer\r\nx: y"],
    ["UPSTREAM_API_KEY", "sk-a\nsk-b"],
    ["UPSTREAM_API_KEY", "a,b,c"],
    ["CORS_ORIGIN", "*, https://a.example"],
    ["CORS_ORIGIN", "https://a.example, off"],
    ["CORS_ORIGIN", "https://a.example/"],
    ["CORS_ORIGIN", "a.example"],
    ["CORS_ORIGIN", "https://\u4f8b.example"],
    ["CORS_ORIGIN", "https://a\u0000.example"],
    ["CORS_EXTRA_HEADERS", "x foo"],
    ["CORS_EXPOSE_HEADERS", "x foo"],
    ["UPSTREAM_TIMEOUT_SECONDS", "2147484"],
    ["TRUST_POLICY", "not JSON"],
    ["TRUST_POLICY", '[{"repository_id":"1","ref":"refs/heads/main","ref":"*"}]'],
    ["TRUST_POLICY", '[{"repository_id":"1","ref":"refs/heads/main","r\\u0065f":"*"}]'],
    ["TRUST_POLICY", "[]"],
    ["TRUST_POLICY", '{"repository":"octo-org/octo-repo"}'],
    ["TRUST_POLICY", [{ environment: "production" }]],
    ["TRUST_POLICY", [{ repository: "octo-org/octo-repo", reff: "refs/heads/main" }]],
    ["TRUST_POLICY", [{ repository: [] }]],
    ["TRUST_POLICY", '[{"repository":"octo-org/octo-repo","constructor":"x"}]'],
    ["TRUST_POLICY", '[{"repository":"octo-org/octo-repo","prototype":"x"}]'],
    ["TRUST_POLICY", [{ repository: 5 }]],
  ])("%s=%j", (name, value) => {
    const { config, faults } = readConfig({ ...valid, [name]: value });
    const cors = readCors({ [name]: value });
    expect(config === undefined || cors === null).toBe(true);
    if (faults) expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name}(\\.\\S+)? (must|is|has) `))]);
    else expect(name).toMatch(/^CORS/);
  });

  const route = { prefix: "/a", upstream: "https://a.example", key: "ANTHROPIC_KEY" };
  it.each<[unknown, RegExp]>([
    ["[", /^ROUTES must be JSON that/],
    ['[{"prefix":"/a","upstream":"https://a.example","upstream":"https://b.example"}]', /^ROUTES must be JSON that/],
    [[], /^ROUTES /],
    [{ a: 1 }, /^ROUTES must be a JSON list/],
    [[{ ...route, key: undefined }], /^ROUTES\.0\.key /],
    [[{ ...route, key: "NO_SUCH_SECRET" }], /^ROUTES\.0\.key must be the name of a secret that is set$/],
    [[{ ...route, key: "constructor" }], /^ROUTES\.0\.key must be the name of a secret that is set$/],
    [[{ ...route, allowed: [] }], /^ROUTES\.0\.allowed is not an option/],
    [[{ ...route, preset: "antropic" }], /^ROUTES\.0\.preset must be one of/],
    [[{ ...route, upstream: "http://a.example" }], /^ROUTES\.0\.upstream must be an https URL/],
    [[{ ...route, upstream: undefined }], /^ROUTES/],
    [[{ ...route, allow: ["/v1/messages"] }], /^ROUTES\.0 .*allow\[0\] must be/],
    [[{ ...route, websocket: "true" }], /^ROUTES\.0\.websocket must be true or false$/],
    [[{ ...route, cookies: true }], /^ROUTES\.0\.cookies must be "pass", or left out$/],
    [[{ ...route, headers: { "X-A": "1", "x-a": "2" } }], /^ROUTES\.0 .*headers/],
    [[{ ...route, headers: { constructor: 5 } }], /^ROUTES\.0.*headers/],
    [[{ ...route, headers: [] }], /^ROUTES\.0.*headers/],
    [
      [{ ...route, headers: { "X-App": { secret: "APP_KEY" } } }],
      /^ROUTES\.0\.headers X-App\.secret must .* APP_KEY is not$/,
    ],
    [
      [{ ...route, headers: { "X-App": { secret: "sk-secret-itself" } } }],
      /X-App\.secret must be the name of a secret that is set$/,
    ],
    [[{ ...route, headers: { "X-App": { secret: "OIDC_AUDIENCE" } } }], /X-App\.secret must be the name of a secret$/],
    [[{ ...route, headers: { "X-App": { secret: "LIMITER" } } }], /X-App\.secret must be the name of a secret/],
    [[{ ...route, headers: { "X-App": { secret: "NPM_KEY" } } }], /X-App\.secret must be the name of one secret/],
    [[{ ...route, headers: { "X-App": { secret: "constructor" } } }], /X-App\.secret must be the name/],
    [[{ ...route, headers: { "X-App": { secret: 5 } } }], /X-App\.secret must be the name/],
    [[{ ...route, headers: { "X-App": { secret: "ANTHROPIC_KEY", prefix: 5 } } }], /X-App\.prefix must be/],
    [
      [{ ...route, headers: { "X-App": { secret: "ANTHROPIC_KEY", prefix: "\n" } } }],
      /X-App\.prefix must be printable/,
    ],
    [[{ ...route, headers: { "X-App": { secret: "ANTHROPIC_KEY", scheme: "a" } } }], /X-App\.scheme is no part of/],
    [[{ ...route, headers: { "X-App": { prefix: "a" } } }], /X-App\.secret .*is required/],
    [[{ ...route, headers: { "X-App": 5 } }], /^ROUTES\.0\.headers X-App must be a text, or /],
    [[{ ...route, headers: { "X-App": { secret: "EMPTY_KEY" } } }], /X-App\.secret must .* EMPTY_KEY is not$/],
    [[{ ...route, headers: { "X-App": { secret: "BLANK_KEY" } } }], /X-App\.secret must be the name of one secret/],
    [[{ ...route, key: "EMPTY_KEY" }], /^ROUTES\.0\.key must be the name of a secret that is set$/],
    [[{ ...route, headers: { Authorization: { secret: "ANTHROPIC_KEY" } } }], /^ROUTES\.0 .*must not name authHeader/],
    [[{ ...route, headers: { "X-App": null } }], /^ROUTES\.0\.headers X-App must be/],
    [[{ ...route, headers: { "X-App": ["ANTHROPIC_KEY"] } }], /^ROUTES\.0\.headers X-App/],
    [[{ ...route, limits: [] }], /^ROUTES\.0.*limits/],
    [[{ ...route, trust: [] }], /^ROUTES\.0\.trust /],
    [[{ ...route, trust: [{ ref: "refs/heads/main" }] }], /^ROUTES\.0\.trust /],
    [[{ ...route, limits: { MAX_REQUESTS_PER_TOKEN: 0 } }], /^ROUTES\.0\.limits\.MAX_REQUESTS_PER_TOKEN must be/],
    [[{ ...route, limits: { perToken: 5 } }], /^ROUTES\.0\.limits\.perToken is not a limit$/],
    [[route, route], /^ROUTES is not accepted: routes 0 and 1 have the same/],
    [[{ ...route, key: "OIDC_AUDIENCE" }], /^ROUTES\.0\.key must be the name of a secret$/],
    [[{ ...route, prefix: "/a/../b" }], /^ROUTES\.0 is not accepted: .*prefix/],
    [[{ ...route, host: "*.example.com" }], /^ROUTES\.0 is not accepted: .*host/],
  ])("ROUTES=%j", (ROUTES, fault) => {
    const { config, faults } = readConfig({ ...valid, ...secrets, ...faulty, ROUTES });
    expect(config).toBeUndefined();
    expect(faults).toEqual([expect.stringMatching(fault)]);
  });

  it("each route by itself", () => {
    const ROUTES = [
      { ...route, prefix: "a" },
      { ...route, key: "NONE" },
      { ...route, allow: ["secret"] },
    ];
    const { faults } = readConfig({ ...valid, ...secrets, ROUTES });
    expect(faults).toEqual([
      expect.stringMatching(/^ROUTES\.0 .*prefix/),
      expect.stringMatching(/^ROUTES\.1\.key /),
      expect.stringMatching(/^ROUTES\.2 .*allow\[0\]/),
    ]);
    expect(faults?.join()).not.toContain('secret"');
  });

  it("two forms of the same thing", () => {
    const { faults } = readConfig({
      ...valid,
      ...secrets,
      UPSTREAM_URL: valid.UPSTREAM_URL,
      UPSTREAM_AUTH_HEADER: "x-api-key",
      ROUTES: routes,
      ALLOWED_REPOS: "octo-org/octo-repo",
      TRUST_POLICY: [rule],
    });
    expect(faults).toEqual([
      "ALLOWED_REPOS must be unset, as TRUST_POLICY is set",
      "UPSTREAM_URL must be unset, as ROUTES is set",
      "UPSTREAM_AUTH_HEADER must be unset, as ROUTES is set",
    ]);
  });

  it("with all faults at once, and no value in them", () => {
    const { faults } = readConfig({
      UPSTREAM_URL: "http://sk-secret.example.com",
      UPSTREAM_API_KEY: "sk-secret with blanks",
      RATE_LIMIT_PER_SECOND: "sk-secret",
      TRUST_POLICY: [{ repository: "sk-secret", "sk-secret": 1 }],
      CORS_ORIGIN: "sk-secret",
    });
    expect(faults?.map((fault) => fault.split(" ")[0])).toEqual([
      "OIDC_AUDIENCE",
      "RATE_LIMIT_PER_SECOND",
      "CORS_ORIGIN",
      "TRUST_POLICY",
      "UPSTREAM_URL",
      "UPSTREAM_API_KEY",
    ]);
    expect(faults?.join()).not.toContain("sk-secret");
  });
});

describe("a name that nothing here reads", () => {
  it.each([
    ["ALLOW_REPOS", "ALLOWED_REPOS"],
    ["ALLOWED_REPO", "ALLOWED_REPOS"],
    ["ALLOWEDREPOS", "ALLOWED_REPOS"],
    ["allowed_repos", "ALLOWED_REPOS"],
    ["allowedRepos", "ALLOWED_REPOS"],
    ["allowed-repos", "ALLOWED_REPOS"],
    ["ALLOWEDREPOSITORIES", "ALLOWED_REPOS"],
    ["ALOWED_REPOSS", "ALLOWED_REPOS"],
    ["REPOS", "ALLOWED_REPOS"],
    ["ALLOWREPO", "ALLOWED_REPOS"],
    ["ALLOWREPOSITORIES", "ALLOWED_REPOS"],
    ["REPOALLOWLIST", "ALLOWED_REPOS"],
    ["ALLOWREF", "ALLOWED_REFS"],
    ["TRUSTRULES", "TRUST_POLICY"],
    ["TRUSTPOLICIES", "TRUST_POLICY"],
    ["RATELIMITS", "RATE_LIMIT_PER_SECOND"],
    ["RATELIMITPERSEC", "RATE_LIMIT_PER_SECOND"],
    ["MAXPERRUNS", "MAX_REQUESTS_PER_RUN"],
    ["MAXREQSPERRUN", "MAX_REQUESTS_PER_RUN"],
    ["OWNERLIMITPERDAY", "MAX_REQUESTS_PER_OWNER_PER_DAY"],
    ["POLICIES", "TRUST_POLICY"],
    ["ISSUERS", "OIDC_ISSUER"],
    ["TRUSTED_POLICY", "TRUST_POLICY"],
    ["TRUST_RULES", "TRUST_POLICY"],
    ["REQUESTS_PER_RUN", "MAX_REQUESTS_PER_RUN"],
    ["MAX_REQUEST_PER_RUN", "MAX_REQUESTS_PER_RUN"],
    ["MAXREQUESTSPERRUN", "MAX_REQUESTS_PER_RUN"],
    ["RATE_LIMIT", "RATE_LIMIT_PER_SECOND"],
    ["RATELIMIT", "RATE_LIMIT_PER_SECOND"],
    ["OIDC_AUDIENCES", "OIDC_AUDIENCE"],
    ["CORS_ORIGINS", "CORS_ORIGIN"],
    ["ROUTE", "ROUTES"],
    ["RUTES", "ROUTES"],
    ["UPSTREAM_KEY", "UPSTREAM_API_KEY"],
    ["UPSTREMAPIKEY", "UPSTREAM_API_KEY"],
    ["LIMITERS", "LIMITER"],
  ])("is a fault if it is like one of ours: %s", (name, nearest) => {
    const { config, faults } = readConfig({ ...valid, [name]: "x" });
    expect(config).toBeUndefined();
    expect(faults).toEqual([`${name} is no variable of this worker: did you mean ${nearest}?`]);
  });

  it.each([
    "GITHUB_TOKEN",
    "ANTHROPIC_API_KEY",
    "SLACK_WEBHOOK_URL",
    "STATUSPAGE_KEY",
    "SECONDARY_KEY",
    "ROUTER_KEY",
    "NODE_ENV",
    "KV",
  ])("is mentioned if it is like none: %s", (name) => {
    const { warnings } = configOf({ ALLOWED_REPOS: "*", [name]: "x", API_TOKEN: "y" });
    expect(warnings).toEqual([`names in the environment that nothing here reads: ${name}, API_TOKEN`]);
  });

  it.each(["CORPORATE_KEY", "APIKEY", "ORIGINAL_TOKEN", "OPENROUTER_API_KEY", "HF_TOKEN", "SENTRY_DSN", "CF_VERSION"])(
    "is no fault: %s",
    (name) => {
      expect(configOf({ ALLOWED_REPOS: "*", [name]: "x" }).warnings).toHaveLength(1);
    },
  );

  it("is no matter if a route names it as its secret", () => {
    const ROUTES = JSON.stringify([{ prefix: "/a", upstream: "https://a.example", key: "RATE_LIMIT_KEY" }]);
    const { warnings } = configOf({
      UPSTREAM_URL: "",
      UPSTREAM_API_KEY: "",
      ALLOWED_REPOS: "*",
      ROUTES,
      RATE_LIMIT_KEY: "k",
    });
    expect(warnings).toEqual([]);
  });
});

it("puts what a secret holds into a header that names it, and knows the secret by name", () => {
  const headers = {
    "DD-APPLICATION-KEY": { secret: "RATE_LIMIT_KEY" },
    "cf-aig-authorization": { secret: "GATEWAY_TOKEN", prefix: "Bearer " },
    "X-Version": "1",
  };
  const ROUTES = JSON.stringify([{ upstream: "https://a.example", key: "KEY", headers }]);
  const secrets = { KEY: "k", RATE_LIMIT_KEY: " app-key\n", GATEWAY_TOKEN: "gw" };
  const { routes, warnings } = configOf({
    UPSTREAM_URL: "",
    UPSTREAM_API_KEY: "",
    ALLOWED_REPOS: "*",
    ROUTES,
    ...secrets,
  });
  expect(routes[0]?.headers).toEqual({
    "DD-APPLICATION-KEY": { secret: "app-key" },
    "cf-aig-authorization": { secret: "gw", prefix: "Bearer " },
    "X-Version": "1",
  });
  expect(warnings).toEqual([]);
});

describe("that anybody may call", () => {
  const open = [expect.stringContaining("any repository")];
  it.each([
    [{}, open],
    [{ ALLOWED_REFS: "refs/heads/main" }, open],
    [{ ALLOWED_REPOS: "*" }, []],
    [{ TRUST_POLICY: [{ repository: "*" }] }, []],
    [{ ALLOWED_REPOS: "octo-org/*" }, []],
  ])("is warned of unless it was said aloud: %j", (change, warnings) => {
    expect(configOf(change).warnings).toEqual(warnings);
  });
});

it("counts by itself what a route limits by itself, and nothing else", () => {
  const ROUTES = [
    { prefix: "/a", upstream: "https://a.example", key: "KEY", limits: { RATE_LIMIT_PER_SECOND: 5 } },
    { prefix: "/b", upstream: "https://b.example", key: "KEY", limits: { MAX_REQUESTS_PER_TOKEN: 5 } },
  ];
  const rate = { units: 2, count: "" };
  const token = { units: 200, count: "" };
  expect(configOf({ UPSTREAM_URL: "", UPSTREAM_API_KEY: "", KEY: "k", ROUTES }).routes).toMatchObject([
    { allowance: { rate: { units: 5, count: "/a" }, token } },
    { allowance: { rate, token: { units: 5, count: "/b" } } },
  ]);
});

describe("what a preset brings for its clients", () => {
  const npm = { prefix: "/npm", preset: "npm", key: "KEY" };
  const configWith = (route: object, change: object = {}) =>
    configOf({ UPSTREAM_URL: "", UPSTREAM_API_KEY: "", KEY: "k", ALLOWED_REPOS: "*", ROUTES: [route], ...change });
  const own = (units: number) => ({ units, count: "/npm" });
  const shared = (units: number) => ({ units, count: "" });

  it.each<[object, object, object]>([
    [{}, {}, { rate: own(500), token: own(10_000) }],
    [{}, { RATE_LIMIT_PER_SECOND: "900" }, { rate: shared(900), token: own(10_000) }],
    [{}, { MAX_REQUESTS_PER_TOKEN: "7" }, { rate: own(500), token: shared(7) }],
    [{}, { MAX_REQUESTS_PER_RUN: "7" }, { rate: own(500), token: own(10_000), run: shared(7) }],
    [{ limits: { RATE_LIMIT_PER_SECOND: 3 } }, {}, { rate: own(3), token: own(10_000) }],
    [{ limits: { RATE_LIMIT_PER_SECOND: 3 } }, { RATE_LIMIT_PER_SECOND: "4" }, { rate: own(3), token: own(10_000) }],
    [{ preset: "openai" }, {}, { rate: shared(2), token: shared(200) }],
    [{ prefix: "/" }, {}, { rate: { units: 500, count: "/" }, token: { units: 10_000, count: "/" } }],
    [{ prefix: "" }, {}, { rate: { units: 500, count: "/" }, token: { units: 10_000, count: "/" } }],
  ])("counts as the route's own where nobody set it: %j, %j", (route, change, allowance) => {
    expect(configWith({ ...npm, ...route }, change).routes[0]?.allowance).toEqual(allowance);
  });

  const low = (name: string, found: string, needed: string) =>
    `route ${name}: ${found}, too low for clients of npm: give the route "limits": { ${needed} }`;
  const lowRate = (set: number) => [`RATE_LIMIT_PER_SECOND is ${set}`, '"RATE_LIMIT_PER_SECOND": 500'] as const;
  const lowBudget = ["MAX_REQUESTS_PER_TOKEN is 200", '"MAX_REQUESTS_PER_TOKEN": 10000'] as const;
  const both = [0, 1].map((part) => [lowRate(2)[part], lowBudget[part]]);
  const shipped = { RATE_LIMIT_PER_SECOND: "2", MAX_REQUESTS_PER_TOKEN: "200" };
  it.each<[object, object, string[]]>([
    [{}, {}, []],
    [{}, shipped, [low("/npm", both[0]?.join(" and ") ?? "", both[1]?.join(", ") ?? "")]],
    [{ name: "packages" }, { RATE_LIMIT_PER_SECOND: "499" }, [low("packages", ...lowRate(499))]],
    [{}, { RATE_LIMIT_PER_SECOND: "500" }, []],
    [{ limits: { RATE_LIMIT_PER_SECOND: 3 } }, shipped, [low("/npm", ...lowBudget)]],
    [{ name: "" }, { RATE_LIMIT_PER_SECOND: "499" }, [low("/npm", ...lowRate(499))]],
    [{ preset: "anthropic" }, shipped, []],
  ])("is warned of where all routes have less: %j, %j", (route, change, warnings) => {
    expect(configWith({ ...npm, ...route }, change).warnings).toEqual(warnings);
  });
});
