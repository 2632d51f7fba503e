import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { readConfig, readCors } from "../src/config.ts";
import { ourWords } from "../src/names.ts";
import { variableNames } from "./settings.ts";
import { settingsSchema, wranglerSchema } from "./settings-schema.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: true, keywords: ["allowTrailingCommas"] });
const ofSettings = ajv.compile(settingsSchema);

/** As an editor would: each file at its place among installed packages. */
const installed = new Ajv({ strict: false, logger: false });
const place = "file:///node_modules/";
installed.addSchema(
  JSON.parse(read("apps/worker/node_modules/wrangler/config-schema.json")),
  `${place}wrangler/config-schema.json`,
);
installed.addSchema(settingsSchema, `${place}@org/oidc-proxy/settings.schema.json`);
const ofWrangler = installed.compile({ ...wranglerSchema, $id: `${place}@org/oidc-proxy/wrangler.schema.json` });

const faultsOf = (vars: unknown) => {
  ofSettings(vars);
  return ofSettings.errors ?? [];
};

const valid = { OIDC_AUDIENCE: "a", UPSTREAM_URL: "https://api.example.com", UPSTREAM_API_KEY: "sk-key" };
const secrets = { A_KEY: "sk-a", OTHER_SECRET: "sk-b" };
const route = { preset: "anthropic", key: "A_KEY" };
const routes = (...list: object[]) => ({ UPSTREAM_URL: "", UPSTREAM_API_KEY: "", ROUTES: list });
const rule = { repository_id: "1296269" };

/** Beside these, whatever the table of variables says. */
const accepts = (env: object) => {
  const { config } = readConfig({ ...valid, ...secrets, ...env });
  return config !== undefined && readCors(env) !== null;
};

it("describes every variable, and each option of a route", () => {
  expect(Object.keys(settingsSchema.properties as object)).toEqual(variableNames);
  const described = JSON.stringify(settingsSchema);
  expect(described).not.toMatch(/"description":"(?:undefined|\.|[^"]*\]\()/);
});

describe("refuses what the worker refuses", () => {
  it.each<[string, object]>([
    ["no audience in a list", { OIDC_AUDIENCE: " , " }],
    ["no audience", { OIDC_AUDIENCE: "" }],
    ["http", { UPSTREAM_URL: "http://api.example.com" }],
    ["http to what only begins like a loopback host", { UPSTREAM_URL: "http://localhost.example" }],
    ["another scheme", { OIDC_ISSUER: "ftp://issuer.example" }],
    ["a query", { UPSTREAM_URL: "https://api.example.com?x=1" }],
    ["a user", { UPSTREAM_URL: "https://user@api.example.com" }],
    ["a number as address", { UPSTREAM_URL: 5 }],
    ["zero", { MAX_REQUESTS_PER_TOKEN: "0" }],
    ["zero as a number", { MAX_REQUESTS_PER_RUN: 0 }],
    ["a fraction", { RATE_LIMIT_PER_SECOND: 1.5 }],
    ["words", { RATE_LIMIT_PER_SECOND: "2 per second" }],
    ["exponents", { MAX_REQUESTS_PER_OWNER_PER_DAY: "1e3" }],
    ["ten digits", { MAX_REQUESTS_PER_REPO_PER_DAY: "1000000000" }],
    ["a truth as a number", { MAX_TOKEN_AGE_SECONDS: true }],
    ["more than a timer counts", { UPSTREAM_TIMEOUT_SECONDS: 2_147_484 }],
    ["yes", { ENFORCE_TOKEN_EXPIRY: "yes" }],
    ["another status", { BUDGET_EXHAUSTED_STATUS: 500 }],
    ["a repository without owner", { ALLOWED_REPOS: "octo-repo" }],
    ["any repository among others", { ALLOWED_REPOS: "*, octo-org/octo-repo" }],
    ["a list for text", { ALLOWED_REPOS: ["octo-org/octo-repo"] }],
    ["null", { ALLOWED_REPOS: null }],
    ["a branch's short name", { ALLOWED_REFS: "main" }],
    ["a header's name with a blank", { UPSTREAM_AUTH_HEADER: "x api key" }],
    ["a header's name with a colon in a list", { CORS_EXTRA_HEADERS: "x-a, x-b:" }],
    ["more than ASCII", { UPSTREAM_AUTH_PREFIX: "Bearér " }],
    ["an origin without scheme", { CORS_ORIGIN: "app.example" }],
    ["an origin with a path", { CORS_ORIGIN: "https://app.example/x" }],
    ["off with others", { CORS_ORIGIN: "off, https://app.example" }],
    ["rules that are no list", { TRUST_POLICY: rule }],
    ["rules as text that is no list", { TRUST_POLICY: '{"repository_id":"1"}' }],
    ["no rule", { TRUST_POLICY: [] }],
    ["a claim that there is not", { TRUST_POLICY: [{ ...rule, repositori: "a/b" }] }],
    ["a claim of the wrong type", { TRUST_POLICY: [{ repository_id: 1296269 }] }],
    ["a claim with no value", { TRUST_POLICY: [{ ...rule, ref: [] }] }],
    ["a rule that pins nobody", { TRUST_POLICY: [{ ref: "refs/heads/main" }] }],
    ["rules beside lists", { TRUST_POLICY: [rule], ALLOWED_REPOS: "a/b" }],
    ["routes beside an upstream", { ROUTES: [route], UPSTREAM_URL: "https://api.example.com" }],
    ["no route", routes()],
    ["a route's misspelt option", routes({ ...route, prefx: "/a" })],
    ["a route without key", routes({ preset: "anthropic" })],
    ["a route without address", routes({ key: "A_KEY" })],
    ["a preset without address", routes({ key: "A_KEY", preset: "azure-openai" })],
    ["a preset that there is not", routes({ ...route, preset: "antropic" })],
    ["a prefix without slash", routes({ ...route, prefix: "anthropic" })],
    ["a route's upstream by http", routes({ key: "A_KEY", upstream: "http://api.example.com" })],
    ["an endpoint without method", routes({ ...route, allow: ["/v1/messages"] })],
    ["endpoints that are no list", routes({ ...route, allow: "POST /v1/messages" })],
    ["a WebSocket in words", routes({ ...route, websocket: "true" })],
    ["cookies by true", routes({ ...route, cookies: true })],
    ["a limit that there is not", routes({ ...route, limits: { MAX_REQUESTS: 5 } })],
    ["a limit of nothing", routes({ ...route, limits: { MAX_REQUESTS_PER_RUN: 0 } })],
    ["a route's trust that is any", routes({ ...route, trust: "any" })],
    ["a header's number", routes({ ...route, headers: { "x-a": 5 } })],
    ["a header's misspelt secret", routes({ ...route, headers: { "x-a": { secrte: "OTHER_SECRET" } } })],
  ])("%s", (_, vars) => {
    expect(accepts(vars)).toBe(false);
    expect(faultsOf(vars)).not.toEqual([]);
  });
});

describe("judges names", () => {
  it.each([
    ...["ALLOW_REPOS", "ALLOWED_REPO", "MAX_REQUEST_PER_TOKEN", "MAX_REQUESTS_PER_TOKENS", "RATE_LIMITS_PER_SECOND"],
    ...["UPSTREAM_URI", "OIDC_AUDIENCES", "ENFORCED_TOKEN_EXPIRY", "ROUTE", "TRUST_POLICIES", "CORS_ORIGINS"],
  ])("%s is none of ours", (name) => {
    expect(accepts({ [name]: "x" })).toBe(false);
    expect(faultsOf({ [name]: "x" })).not.toEqual([]);
  });

  it.each(["ENVIRONMENT", "SENTRY_DSN", "ANTHROPIC_API_KEY", "UPSTREAM_ANTHROPIC_KEY", "LIMITER"])(
    "%s may be somebody's",
    (name) => {
      expect(faultsOf({ [name]: "x" })).toEqual([]);
    },
  );

  const part = fc.oneof(
    fc.constantFrom(...ourWords(), "KEY", "API", "URL", "TOKEN"),
    fc.stringMatching(/^[A-Z\d]{1,6}$/),
  );
  const ending = fc.constantFrom("", "S", "ED", "IES", "Y");
  const name = fc
    .array(
      fc.tuple(part, ending).map((pieces) => pieces.join("")),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => parts.join("_"));
  /** How a route names a secret. */
  const naming = fc.constantFrom<((name: string) => object)[]>(
    (secret) => ({ ...route, key: secret }),
    (secret) => ({ ...route, headers: { "x-a": { secret } } }),
  );
  const written = fc.constantFrom<((list: object[]) => unknown)[]>((list) => list, JSON.stringify);

  it("as the worker does, and no more strictly", () => {
    fc.assert(
      fc.property(name, (name) => {
        const vars = { [name]: "" };
        if (faultsOf(vars).some(({ keyword }) => keyword === "propertyNames")) expect(accepts(vars)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it("of secrets that a route names like ours, as the worker does", () => {
    fc.assert(
      fc.property(name, naming, written, (name, naming, written) => {
        const vars = { UPSTREAM_URL: "", ROUTES: written([naming(name)]), [name]: "sk-secret" };
        if (accepts(vars)) expect(faultsOf(vars)).toEqual([]);
      }),
      { numRuns: 1000, examples: [["UPSTREAM_TOKEN_2", (key) => ({ ...route, key }), (list) => list]] },
    );
  });
});

/** For each variable values that stand for kinds: accepted ones, and neighbours that are not. */
const kinds: { [name in (typeof variableNames)[number]]: readonly unknown[] } = {
  OIDC_AUDIENCE: ["a", " a , b ,, ", 5, true, "https://x.example/?a=b", ","],
  OIDC_ISSUER: ["", "https://issuer.example", "HTTPS://issuer.example/a/", "http://127.0.0.1:8801", "issuer.example"],
  MAX_TOKEN_AGE_SECONDS: ["", "1200", 1200, "999999999", 999_999_999, 1e9, "01"],
  ENFORCE_TOKEN_EXPIRY: ["", "true", true, "false", false, "True", 1],
  ALLOWED_REPOS: ["", "*", " * ", ",*", "a/b", " a/b ,, c.d/* ,", "a/b c/d", "*/b", "Octo_Org/.github"],
  ALLOWED_REFS: ["", "refs/heads/main", "refs/heads/ä b, refs/tags/v*", "*", ",*x", "*,refs/heads/x ", "main"],
  TRUST_POLICY: [
    "",
    [rule],
    JSON.stringify([rule]),
    ` \n${JSON.stringify([rule])} `,
    [{ ...rule, repo_property_x: ["a"] }],
    [{ sub: "repo:a/b:*" }],
    "[]",
  ],
  MAX_REQUESTS_PER_TOKEN: ["", "1", 200, "1.0"],
  RATE_LIMIT_PER_SECOND: ["", "2", 2, "-2"],
  MAX_REQUESTS_PER_RUN: ["", "500", 500, "5 "],
  MAX_REQUESTS_PER_REPO_PER_DAY: ["", 1],
  MAX_REQUESTS_PER_OWNER_PER_DAY: ["", 1],
  BUDGET_EXHAUSTED_STATUS: ["", "403", 403, 429, "430"],
  UPSTREAM_URL: [
    "",
    "https://api.example.com",
    "https://api.example.com:8443/base/v1/",
    "http://localhost:80",
    "http://LOCALHOST/x",
    "http://[::1]:8080/x",
    "http://127.1",
    "https://münchen.example",
    "https://[2001:db8::1]/",
  ],
  UPSTREAM_AUTH_HEADER: ["", "x-api-key", "Authorization", "host", "x_y", 5],
  UPSTREAM_AUTH_PREFIX: ["", "Bearer ", "~", true, "\t"],
  UPSTREAM_API_KEY: ["", "sk-a", "sk-a, sk-b", " sk-a", "a,b,c", 12345],
  UPSTREAM_TIMEOUT_SECONDS: ["", 30, "600", "2147483", 2_147_483, "2147484"],
  ROUTES: [
    "",
    [route],
    JSON.stringify([route]),
    [
      {
        key: "A_KEY",
        upstream: "https://a.example/",
        prefix: "/a/",
        host: "LLM.example:8443",
        name: "n",
        authHeader: "x-a",
        authPrefix: "",
        allow: ["GET /**", "* /x"],
        headers: { a: "b", c: { secret: "OTHER_SECRET", prefix: "Bearer " } },
        cookies: "pass",
        websocket: true,
        trust: [rule],
        limits: { MAX_REQUESTS_PER_RUN: "5", RATE_LIMIT_PER_SECOND: "" },
      },
    ],
    [
      {
        preset: "azure-openai",
        upstream: "https://a.openai.azure.com",
        key: "A_KEY",
        prefix: "",
        limits: {},
        headers: {},
      },
    ],
    [route, route],
  ],
  CORS_ORIGIN: ["", "*", "off", "https://app.example", "https://a.example:8443, app://b,", "null"],
  CORS_EXTRA_HEADERS: ["", "anthropic-version", " a , b,", "a b"],
  CORS_EXPOSE_HEADERS: ["", "Mcp-Session-Id", "a:b"],
};

const settingOf = (name: string, value: unknown) => ({
  ...(name === "ROUTES" && value !== "" && { UPSTREAM_URL: "" }),
  [name]: value,
});

it.each(variableNames.flatMap((name) => kinds[name].map((value) => [name, value] as const)))(
  "accepts %s=%j, if the worker does",
  (name, value) => {
    const vars = settingOf(name, value);
    if (accepts(vars)) expect(faultsOf(vars)).toEqual([]);
  },
);

it("accepts whatever the worker accepts", () => {
  const each = variableNames.map((name) => {
    const accepted = kinds[name].filter((value) => accepts(settingOf(name, value)));
    return [name, fc.constantFrom(...accepted)] as const;
  });
  const settings = fc.record(Object.fromEntries(each), { requiredKeys: [] });
  const without = (vars: Record<string, unknown>, names: string[]) =>
    Object.fromEntries(Object.entries(vars).filter(([name]) => !names.includes(name)));
  const oneForm = settings.map((vars) => ({
    ...(vars.TRUST_POLICY ? without(vars, ["ALLOWED_REPOS", "ALLOWED_REFS"]) : vars),
    ...(vars.ROUTES ? { UPSTREAM_URL: "", UPSTREAM_AUTH_HEADER: "", UPSTREAM_AUTH_PREFIX: "" } : {}),
  }));
  fc.assert(
    fc.property(oneForm, (vars) => {
      fc.pre(accepts(vars));
      expect(faultsOf(vars)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

describe("a whole wrangler.jsonc", () => {
  const shipped = read("apps/worker/wrangler.jsonc");
  const faults = (text: string) => {
    ofWrangler(parse(text, [], { allowTrailingComma: true }));
    return ofWrangler.errors ?? [];
  };

  const ofTemplate = read("templates/worker/wrangler.jsonc");
  const ofReadme = /^```jsonc\n(\{.*?)^```/ms.exec(read("apps/worker/README.md"))?.[1] ?? "";

  it.each(Object.entries({ shipped, "in the package's README": ofReadme, "of the template": ofTemplate }))(
    "is accepted as %s",
    (_, text) => {
      expect(text).toContain('"vars"');
      expect(faults(text)).toEqual([]);
    },
  );

  const shown = [...read("README.md").matchAll(/^```jsonc\n(".*?)^```/gms)].map(([, vars = ""]) => vars);

  it.each(shown.map((vars) => [vars.split(":")[0], vars]))("is accepted with the README's %s", (_, vars) => {
    expect(faults(`{ "vars": { ${vars} }, "env": { "staging": { "vars": { ${vars} } } } }`)).toEqual([]);
  });

  it.each([
    ["a wrong setting", '{ "vars": { "MAX_REQUESTS_PER_TOKEN": "many" } }'],
    ["a wrong setting of an environment", '{ "env": { "staging": { "vars": { "ALLOWED_REFS": "main" } } } }'],
    ["what wrangler does not know", '{ "compatibility_dat": "2026-08-01" }'],
  ])("is refused with %s", (_, text) => {
    expect(faults(text)).not.toEqual([]);
  });
});
