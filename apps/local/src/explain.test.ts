import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createIssuer } from "@org/oidc-verify/testing";
import { afterAll, describe, expect, it } from "vitest";
import { settingName } from "./settings.ts";
import { temporaryDir } from "./temporary-dir.ts";

const script = fileURLToPath(new URL("explain.ts", import.meta.url));
const dir = temporaryDir();
afterAll(() => dir[Symbol.dispose]());

const issuer = await createIssuer({ audience: "goose-oidc-proxy" });
const jwks = join(dir.path, "jwks.json");
writeFileSync(jwks, JSON.stringify({ keys: issuer.keys }));

/** A file that wrangler deploys the worker with. */
function configWith(vars: object, secrets?: object): string {
  const file = join(dir.path, `${crypto.randomUUID()}.jsonc`);
  const upstream = { UPSTREAM_URL: "https://api.example.com" };
  writeFileSync(file, JSON.stringify({ vars: { OIDC_AUDIENCE: "goose-oidc-proxy", ...upstream, ...vars }, secrets }));
  return file;
}

async function explain(args: readonly string[], input: string, env: NodeJS.ProcessEnv = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !settingName.test(name));
  const given = ["--jwks", jwks, ...args];
  const child = spawn(process.execPath, [script, ...given], { env: { ...Object.fromEntries(inherited), ...env } });
  child.stdin.on("error", () => {}).end(`${input}\n`);
  const status = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  for (const part of input.split(".")) if (part.length > 8) expect(out + err).not.toContain(part);
  return { out, err, status: await status };
}

const rules = [
  { repository: "octo-org/octo-repo", environment: "production" },
  { repository_owner: "octo-org", ref: "refs/heads/*" },
];

describe("asks the worker's own settings", () => {
  it("of which one rule of many is enough", async () => {
    const config = configWith({ TRUST_POLICY: rules, MAX_TOKEN_AGE_SECONDS: "1200" });
    const token = await issuer.mint({ iat: Math.floor(Date.now() / 1000) - 900 });
    const { out, err, status } = await explain(["-", "--config", config], token);
    expect([status, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Settings of \S+\.jsonc\n/);
    expect(out).toMatch(/- miss {2}rule 1 environment +absent, expected production/);
    expect(out).toMatch(/✓ pass {2}rule 2 ref +refs\/heads\/main/);
    expect(out).toMatch(/✓ pass {2}trust\n/);
    expect(out).toMatch(/Nothing fails\.\n$/);
  });

  it("of which every rule may fail", async () => {
    const config = configWith({ TRUST_POLICY: JSON.stringify(rules) });
    const token = await issuer.mint({ repository: "a/b", repository_owner: "a", environment: "production" });
    const { out, status } = await explain(["-", "--config", config], token);
    expect(status).toBe(1);
    expect(out).toMatch(/Refused: rule 1 repository, rule 2 repository_owner, trust\.\n$/);
  });

  it("and each trust of ROUTES", async () => {
    const trust = [{ repository_id: "42" }];
    const ROUTES = [
      { prefix: "/anthropic", preset: "anthropic", key: "ANTHROPIC_API_KEY" },
      { prefix: "/npm", preset: "npm", key: "NPM_KEY" },
      { prefix: "/internal", upstream: "https://a.example", key: "INTERNAL_KEY", trust },
    ];
    const config = configWith({ UPSTREAM_URL: "", ALLOWED_REPOS: "octo-org/*", ROUTES });
    const { out, status } = await explain(["-", "--config", config], await issuer.mint());
    expect(status).toBe(1);
    expect(out).toMatch(/✓ pass {2}trust of \/anthropic, \/npm: repository +octo-org\/octo-repo/);
    expect(out).toMatch(/✗ FAIL {2}trust of \/internal: repository_id +\d+, expected 42/);
    expect(out).toMatch(/Refused: trust of \/internal: repository_id, trust of \/internal\.\n$/);
  });

  it("and over them what the options say, but nothing of the environment, which is not deployed", async () => {
    const config = configWith({ ALLOWED_REPOS: "somebody/else", ALLOWED_REFS: "refs/tags/*", OIDC_AUDIENCE: "other" });
    const token = await issuer.mint();
    const env = { OIDC_AUDIENCE: "goose-oidc-proxy", ALLOWED_REPOS: "octo-org/octo-repo", ALLOWED_REFS: "" };
    const local = await explain(["-", "--config", config], token, env);
    expect(local.out).toMatch(/Refused: audience, repository, ref, trust\.\n$/);
    const stated = ["--audience", "goose-oidc-proxy", "--audience", "more", "--rule", "repository=a/b"];
    const flags = await explain(["-", "--config", config, ...stated], token, env);
    expect(flags.out).toMatch(/Refused: repository, trust\.\n$/);
  });

  it("and says in which line of a file something is amiss that wrangler cannot read", async () => {
    const config = configWith({});
    writeFileSync(config, '{\n  "vars": {\n    "OIDC_AUDIENCE": "a"\n    "ALLOWED_REPOS": "sk-secret"\n  }\n}');
    const { err, status } = await explain(["-", "--config", config], "token");
    expect(status).toBe(2);
    expect(err).toMatch(/^--config: no configuration that wrangler can read: see line 4\n/);
    expect(err).not.toContain("sk-secret");
  });

  it("that of apps/worker, if no other is named", async () => {
    const { out } = await explain(["-"], await issuer.mint());
    expect(out).toMatch(/^Settings of \S*worker\/wrangler\.jsonc/);
  });

  it("and says what is wrong with them, without a value", async () => {
    const config = configWith({ ALLOWED_REPOS: "sk-secret", MAX_REQUESTS_PER_TOKEN: "sk-secret" });
    const { out, status } = await explain(["-", "--config", config], await issuer.mint());
    expect(status).toBe(1);
    expect(out).toMatch(/has faults\.\n\nMAX_REQUESTS_PER_TOKEN must be .*\nALLOWED_REPOS must list /);
    expect(out).not.toContain("sk-secret");
  });
});

it("says what the worker would warn of", async () => {
  const ROUTES = [{ prefix: "/npm", preset: "npm", key: "NPM_KEY" }];
  const config = configWith({ UPSTREAM_URL: "", ALLOWED_REPOS: "octo-org/*", ROUTES, RATE_LIMIT_PER_SECOND: "2" });
  const { out, status } = await explain(["-", "--config", config], await issuer.mint());
  expect(status).toBe(0);
  expect(out).toMatch(
    /^warning {2}route \/npm: RATE_LIMIT_PER_SECOND is 2, .* "limits": \{ "RATE_LIMIT_PER_SECOND": 500 \}$/m,
  );
});

it("warns of secrets that ROUTES names and secrets.required does not: a typo, or the secret itself", async () => {
  const ROUTES = [
    { prefix: "/a", upstream: "https://a.example", key: "RIGHT_KEY", headers: { "x-b": { secret: "WRNOG_KEY" } } },
    { prefix: "/b", upstream: "https://b.example", key: "sk-secret-itself" },
  ];
  const config = configWith({ UPSTREAM_URL: "", ALLOWED_REPOS: "octo-org/*", ROUTES }, { required: ["RIGHT_KEY"] });
  const { out, status } = await explain(["-", "--config", config], await issuer.mint());
  expect(status).toBe(0);
  expect(out.match(/^warning .*/gm)).toEqual([
    "warning  ROUTES names the secret WRNOG_KEY, secrets.required does not",
    "warning  ROUTES names the secret (not in the form of a name), secrets.required does not",
  ]);
  expect(out).not.toContain("sk-secret");
});

it("says what the worker cannot see: a name that stands twice in one object", async () => {
  const config = configWith({ TRUST_POLICY: [{ repository_id: "1", ref: "refs/heads/main" }] });
  writeFileSync(config, readFileSync(config, "utf8").replace('"refs/heads/main"', '"refs/heads/main", "ref": "*"'));
  const { out, status } = await explain(["-", "--config", config], await issuer.mint());
  expect(status).toBe(1);
  expect(out).toContain("\nref is given twice in one object: wrangler takes the last\n");
});

it("says that a text is no token", async () => {
  const { out, status } = await explain(["-", "--config", configWith({})], "sk-secret");
  expect(status).toBe(1);
  expect(out).toMatch(/Refused: token\.\n$/);
  expect(out).not.toContain("sk-secret");
});

it.each([
  [[]],
  [["SECRET"]],
  [["-", "SECRET"]],
  [["-", "--SECRET"]],
  [["-", "--rule", "SECRET"]],
  [["-", "--rule", "ref=SECRET"]],
  [["-", "--issuer", "http://SECRET.test"]],
  [["-", "--config", "/no/SECRET"]],
  [["-", "--config", "/no/SECRET.jsonc"]],
  [["-", "--audience", "eyJSECRETSECRET.SECRETSECRET"]],
])("refuses the command line %j and quotes nothing of it", async (args) => {
  const { out, err, status } = await explain(args, "sk-secret");
  expect([status, out]).toEqual([2, ""]);
  expect(err).toContain("explain - < token");
  expect(err).not.toMatch(/SECRET|^ +at /m);
});
