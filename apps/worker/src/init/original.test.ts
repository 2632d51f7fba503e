import { describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { readOriginal } from "./original.ts";

const firstForm = `name = "oidc-proxy"
main = "src/index.js"
compatibility_date = "2026-03-01"

[vars]
OIDC_ISSUER = "https://token.actions.githubusercontent.com"
OIDC_AUDIENCE = "goose-oidc-proxy"
MAX_TOKEN_AGE_SECONDS = "1200"  # 20 minutes
ALLOWED_REPOS = "octo-org/octo-repo,octo-org/other"
UPSTREAM_URL = "https://api.anthropic.com"
UPSTREAM_AUTH_HEADER = "x-api-key"
CORS_EXTRA_HEADERS = "anthropic-version"
`;

const laterForm = `${firstForm}MAX_REQUESTS_PER_TOKEN = "200"
RATE_LIMIT_PER_SECOND = "2"

[durable_objects]
bindings = [{ name = "TOKEN_BUCKET", class_name = "TokenBucket" }]

[[migrations]]
tag = "v1"
new_classes = ["TokenBucket"]
`;

const taken = {
  OIDC_ISSUER: "https://token.actions.githubusercontent.com",
  OIDC_AUDIENCE: "goose-oidc-proxy",
  MAX_TOKEN_AGE_SECONDS: "1200",
  ENFORCE_TOKEN_EXPIRY: "true",
  ALLOWED_REPOS: "octo-org/octo-repo,octo-org/other",
  UPSTREAM_URL: "https://api.anthropic.com",
  UPSTREAM_AUTH_HEADER: "x-api-key",
  CORS_EXTRA_HEADERS: "anthropic-version",
};
const limits = { MAX_REQUESTS_PER_TOKEN: "200", RATE_LIMIT_PER_SECOND: "2" };
const history = [{ tag: "v1", new_classes: ["TokenBucket"] }];

/** The same as JSON, with changes on top and in the variables. */
const json = (vars: object = {}, top: object = {}) =>
  JSON.stringify({
    name: "oidc-proxy",
    vars: { ...taken, ENFORCE_TOKEN_EXPIRY: undefined, ...limits, ...vars },
    ...top,
  });

const read = (vars?: object, top?: object) => readOriginal("wrangler.json", json(vars, top));

describe("the original's configuration", () => {
  it.each([
    { form: "first", file: "wrangler.toml", text: firstForm, vars: taken, migrations: [], stubs: [] },
    {
      form: "later",
      file: "wrangler.toml",
      text: laterForm,
      vars: { ...taken, ...limits },
      migrations: history,
      stubs: ["TokenBucket"],
    },
    {
      form: "later, with a mark of order and Windows' lines",
      file: "old/WRANGLER.TOML",
      text: `\uFEFF${laterForm.replaceAll("\n", "\r\n")}`,
      vars: { ...taken, ...limits },
      migrations: history,
      stubs: ["TokenBucket"],
    },
    {
      form: "later, as JSON with comments",
      file: "wrangler.jsonc",
      text: `// ours\n${json({}, { migrations: history }).replace(/\}$/, ",}")}`,
      vars: { ...taken, ...limits },
      migrations: history,
      stubs: ["TokenBucket"],
    },
  ])("is read by name: $form", ({ file, text, vars, migrations, stubs }) => {
    const original = readOriginal(file, text);
    expect(original).toMatchObject({ answers: { name: "oidc-proxy", vars, migrations, stubs }, faults: [] });
    expect(Object.keys(original.answers.vars).toSorted()).toEqual(Object.keys(vars).toSorted());
    expect(original.answers.comments?.ENFORCE_TOKEN_EXPIRY).toMatch(/later versions judge a token's age and its exp/);
    expect(readConfig({ ...original.answers.vars, UPSTREAM_API_KEY: "key" }).faults).toBeUndefined();
  });

  it.each([
    ["numbers without quotes", { MAX_REQUESTS_PER_TOKEN: 50 }, { MAX_REQUESTS_PER_TOKEN: "50" }],
    ["an empty text, which is unset", { ALLOWED_REFS: "" }, { ALLOWED_REFS: undefined }],
    ["no age", { MAX_TOKEN_AGE_SECONDS: undefined }, { ENFORCE_TOKEN_EXPIRY: undefined }],
    ["its own word on exp, which it did not read", { ENFORCE_TOKEN_EXPIRY: "false" }, { ENFORCE_TOKEN_EXPIRY: "true" }],
    ["refs", { ALLOWED_REFS: "refs/heads/main" }, { ALLOWED_REFS: "refs/heads/main" }],
  ])("may have %s", (_, change, expected) => {
    const { answers, faults } = read(change);
    const { vars } = answers;
    expect(faults).toEqual([]);
    for (const [name, value] of Object.entries(expected)) expect(vars[name]).toBe(value);
  });

  it("keeps where it is reachable and where its log goes, and tells what is lost", () => {
    const kept = {
      account_id: "0123456789abcdef",
      workers_dev: false,
      routes: [{ pattern: "llm.example.com", custom_domain: true }],
      observability: { enabled: false },
    };
    const { answers, notes } = read({}, { ...kept, main: "src/index.js", limits: { cpu_ms: 50 }, kv_namespaces: [] });
    expect(answers.settings).toEqual(kept);
    expect(notes).toContainEqual("not taken over, as nothing here needs it, or has its own: limits, kv_namespaces");
  });
});

describe("what is not as it was is told:", () => {
  it.each([
    ["an age", {}, /^ENFORCE_TOKEN_EXPIRY is true\. .*Take it out, and expired tokens pass/],
    ["no repositories", { ALLOWED_REPOS: undefined }, /^ALLOWED_REPOS was not set: any repository/],
    ["no audience", { OIDC_AUDIENCE: "" }, /^OIDC_AUDIENCE was not set/],
    ["no origin", {}, /^CORS_ORIGIN was not set: pages of any origin/],
    ["no limits", { RATE_LIMIT_PER_SECOND: undefined }, /^RATE_LIMIT_PER_SECOND not set: a token has 200/],
    [
      "a variable of the operator's own",
      { LOG_LEVEL: "debug" },
      /^not taken over, as nothing here reads it: LOG_LEVEL$/,
    ],
    [
      "a variable that only this worker has",
      { TRUST_POLICY: "[]" },
      /^not taken over, .* did not read it: TRUST_POLICY$/,
    ],
    ["the binding of this worker's object", { LIMITER: "x" }, /^not taken over, .* did not read it: LIMITER$/],
    ["the key in the clear", { UPSTREAM_API_KEY: "sk-secret" }, /^UPSTREAM_API_KEY stands in vars.*secret put/],
    ["any repository, which was none", { ALLOWED_REPOS: "*" }, /^ALLOWED_REPOS is asked anew/],
    ["an owner, which was nobody", { ALLOWED_REPOS: "a/b, octo-org/*" }, /^ALLOWED_REPOS is asked anew/],
  ])("%s", (_, change, note) => {
    const { notes, faults } = read(change);
    expect(faults).toEqual([]);
    expect(notes).toContainEqual(expect.stringMatching(note));
  });

  it("and nothing is, where nothing is different", () => {
    expect(read({ MAX_TOKEN_AGE_SECONDS: undefined, CORS_ORIGIN: "*" }).notes).toEqual([]);
  });

  it.each([{ ALLOWED_REPOS: undefined }, { ALLOWED_REPOS: "*" }, { ALLOWED_REPOS: "octo-org/*" }])(
    "whoever was let in by omission, or would be from now on, must be named: %o",
    (change) => expect(read(change).answers.vars).not.toHaveProperty("ALLOWED_REPOS"),
  );
});

it.each(["", "Bearer ", "token ", "AWS4-HMAC-SHA256 ", "Token token=", "key="])(
  "takes the scheme %j over",
  (scheme) => {
    expect(read({ UPSTREAM_AUTH_PREFIX: scheme }).faults).toEqual([]);
  },
);

describe("refuses", () => {
  const NO_SCHEME = /^UPSTREAM_AUTH_PREFIX must be a scheme/;
  const env = (names: string[]) => ({ env: Object.fromEntries(names.map((name) => [name, {}])) });

  it.each([
    ["environments", {}, env(["staging", "production"]), /^env: it describes 3 workers/],
    ["a name that is nearly ours", { ALLOWED_REPO: "a/b" }, {}, /^ALLOWED_REPO is no variable .* ALLOWED_REPOS\?$/],
    ["a list where a text belongs", { ALLOWED_REPOS: ["a/b"] }, {}, /^ALLOWED_REPOS must be a text$/],
    ["null where a text belongs", { OIDC_AUDIENCE: null }, {}, /^OIDC_AUDIENCE must be a text$/],
    ["a pattern of refs, which was none", { ALLOWED_REFS: "refs/heads/*" }, {}, /^ALLOWED_REFS: .*Say by --refs/],
    ["a key in the prefix", { UPSTREAM_AUTH_PREFIX: `Bearer sk-${"x".repeat(40)}` }, {}, NO_SCHEME],
    ["a short key in the prefix", { UPSTREAM_AUTH_PREFIX: "Bearer sk-SECRET1234" }, {}, NO_SCHEME],
    ["a password in the prefix", { UPSTREAM_AUTH_PREFIX: "Basic dTpTRUNSRVQ=" }, {}, NO_SCHEME],
    ["a long word as the prefix", { UPSTREAM_AUTH_PREFIX: "x".repeat(31) }, {}, NO_SCHEME],
    ["a migration without a tag", {}, { migrations: [{ new_classes: ["A"] }] }, /^migrations: must be a list/],
    ["another class", {}, { migrations: [{ tag: "v1", new_classes: ["Other"] }] }, /^migrations: .* delete it first/],
    [
      "this worker itself",
      {},
      { migrations: [{ tag: "limiter-object-1" }] },
      /^migrations: this worker is there already/,
    ],
    ["variables in the dashboard", {}, { keep_vars: true }, /^keep_vars: .* write them into its vars/],
    ["declared exports", {}, { exports: { TokenBucket: { type: "durable-object" } } }, /^exports: /],
  ])("%s", (_, vars, top, fault) => {
    expect(read(vars, top).faults).toEqual([expect.stringMatching(fault)]);
  });

  it("nothing for what is said elsewhere", () => {
    const vars = { ALLOWED_REFS: "refs/heads/*", ALLOWED_REPOS: "*", OIDC_AUDIENCE: 1 };
    const text = json({ ...vars, UPSTREAM_AUTH_PREFIX: "x".repeat(99), CORS_ORIGIN: "*" });
    const overruled = new Set([...Object.keys(vars), "UPSTREAM_AUTH_PREFIX", "MAX_TOKEN_AGE_SECONDS"]);
    const { answers, notes, faults } = readOriginal("wrangler.json", text, overruled);
    expect([...notes, ...faults]).toEqual([]);
    for (const name of overruled) expect(answers.vars).not.toHaveProperty(name);
  });

  it.each([
    ["wrangler.yaml", "a: 1", "its name must end in"],
    ["wrangler.toml", 'name = "a"\n[vars]\nKEY = sk-secret', "it is no TOML that wrangler can read: see line 3"],
    [
      "wrangler.toml",
      'UPSTREAM_API_KEY = "sk-secret"\nUPSTREAM_API_KEY = "b"',
      "it is no TOML that wrangler can read: see line 2",
    ],
    ["wrangler.json", '{\n "KEY": sk-secret }', "it is no JSON that wrangler can read: see line 2"],
    ["wrangler.json", "[]", "it is no JSON that wrangler can read"],
    ["wrangler.jsonc", '{ "vars": { "A": "sk-secret", "A": 2 } }', "A is given twice in one object"],
  ])("%s that cannot be read, by its line alone", (file, text, fault) => {
    const original = readOriginal(file, text);
    expect(original.faults).toEqual([expect.stringContaining(fault)]);
    expect(JSON.stringify(original)).not.toContain("sk-secret");
  });
});

describe("its classes", () => {
  const classes = (top: object) => read({}, top);
  const binding = (class_name: string, more: object = {}) => ({
    durable_objects: { bindings: [{ name: "TOKEN_BUCKET", class_name, ...more }] },
  });

  it.each([
    ["made", { migrations: history, ...binding("TokenBucket") }, ["TokenBucket"]],
    ["made, and no longer bound", { migrations: history }, ["TokenBucket"]],
    ["bound, made before there were migrations", binding("TokenBucket"), ["TokenBucket"]],
    ["bound under its own worker's name", binding("TokenBucket", { script_name: "oidc-proxy" }), ["TokenBucket"]],
    ["of another worker", binding("TokenBucket", { script_name: "other" }), []],
    [
      "under a name of the operator's own",
      { migrations: [{ tag: "v1", new_classes: ["Bucket"] }], ...binding("Bucket") },
      ["Bucket"],
    ],
    [
      "renamed",
      {
        migrations: [...history, { tag: "v2", renamed_classes: [{ from: "TokenBucket", to: "Bucket" }] }],
        ...binding("Bucket"),
      },
      ["Bucket"],
    ],
    ["deleted already", { migrations: [...history, { tag: "v2", deleted_classes: ["TokenBucket"] }] }, []],
  ])("are exported as long as Cloudflare has them: %s", (_, top, stubs) => {
    expect(classes(top)).toMatchObject({ answers: { stubs }, faults: [] });
  });

  it.each(["LimiterObject", "a b", "x {} evil(); class y"])(
    "are refused under a name that cannot stand beside ours: %s",
    (name) => {
      expect(classes({ migrations: [{ tag: "v1", new_classes: [name] }], ...binding(name) }).faults).toHaveLength(1);
    },
  );
});

it("no value of a variable stands in a note or a fault", () => {
  const names = [...Object.keys(taken), ...Object.keys(limits), "ALLOWED_REFS", "CORS_ORIGIN", "UPSTREAM_AUTH_PREFIX"];
  const secret = `sk-secret-${"x".repeat(30)}*`;
  const all = Object.fromEntries([...names, "UPSTREAM_API_KEY", "OTHER", "ALLOWED_REPO"].map((name) => [name, secret]));
  const { notes, faults, answers } = read(all);
  expect([...notes, ...faults].join()).not.toContain("sk-secret");
  expect(faults).not.toEqual([]);
  expect(answers.vars).not.toHaveProperty("UPSTREAM_API_KEY");
  expect(answers.vars).not.toHaveProperty("OTHER");
});
