import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { init } from "./init.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "from-"));
  mkdirSync(join(folder, "old"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const variables = {
  OIDC_AUDIENCE: "goose-oidc-proxy",
  MAX_TOKEN_AGE_SECONDS: "1200",
  ALLOWED_REPOS: "octo-org/octo-repo",
  UPSTREAM_URL: "https://api.anthropic.com",
  UPSTREAM_AUTH_HEADER: "x-api-key",
};

const original = (vars: object = {}, top: object = {}) => ({
  name: "my-proxy",
  main: "src/index.js",
  account_id: "0123456789abcdef",
  vars: { ...variables, ...vars },
  ...top,
});
const withObject = {
  durable_objects: { bindings: [{ name: "TOKEN_BUCKET", class_name: "TokenBucket" }] },
  migrations: [{ tag: "v1", new_classes: ["TokenBucket"] }],
};

let printed: string;
async function move(settings: object, ...args: string[]): Promise<void> {
  writeFileSync(join(folder, "old", "wrangler.json"), JSON.stringify(settings));
  await run("new", "--from", "old/wrangler.json", ...args);
}

async function run(...args: string[]): Promise<void> {
  printed = "";
  await init(args, {
    own: { name: "@acme/oidc-proxy", version: "1.2.3" },
    currentFolder: folder,
    node: "26.0.0",
    platform: "linux-x64",
    ask: undefined,
    print: (text) => {
      printed += `${text}\n`;
    },
  });
}

const read = (path: string) => readFileSync(join(folder, "new", path), "utf8");
const written = () => parse(read("wrangler.jsonc"));
const config = () => readConfig({ ...written().vars, UPSTREAM_API_KEY: "key" }).config;

it("moves over: name, account, variables, classes and history are the old worker's", async () => {
  await move(original({}, withObject));
  expect(written()).toMatchObject({
    name: "my-proxy",
    main: "src/index.ts",
    account_id: "0123456789abcdef",
    vars: { ...variables, ENFORCE_TOKEN_EXPIRY: "true" },
    migrations: [...withObject.migrations, { tag: "limiter-object-1", new_sqlite_classes: ["LimiterObject"] }],
    durable_objects: { bindings: [{ name: "LIMITER", class_name: "LimiterObject" }] },
    secrets: { required: ["UPSTREAM_API_KEY"] },
  });
  expect(read("src/index.ts")).toMatch(/^export class TokenBucket extends DurableObject \{\}$/m);
});

it("judges the expiry of tokens as well, says why above the line, and tells it", async () => {
  await move(original());
  const [, above] = /((?: {4}\/\/ .*\n)+) {4}"ENFORCE_TOKEN_EXPIRY": "true"/.exec(read("wrangler.jsonc")) ?? [];
  expect(above).toMatch(/later versions judge a token's age and its exp; here MAX_TOKEN_AGE_SECONDS alone/);
  expect(above).toMatch(/Take\n.*this line out, and expired tokens pass/);
  expect(printed).toMatch(/^wrangler\.json: ENFORCE_TOKEN_EXPIRY is true\. /m);
  expect(config()).toMatchObject({ maxAgeSeconds: 1200, enforceExpiry: true });
});

it("without an age none is set: exp was judged, and is", async () => {
  await move(original({ MAX_TOKEN_AGE_SECONDS: undefined }));
  expect(config()).toMatchObject({ maxAgeSeconds: undefined });
});

it("has one line of an entry where there was no object", async () => {
  await move(original());
  expect(read("src/index.ts")).not.toContain("class ");
});

describe("what was open must be said aloud:", () => {
  it.each([
    [{ ALLOWED_REPOS: undefined }, ["--repos", "*"], { routes: [{ trust: [{ repository: ["*"] }] }] }],
    [{ ALLOWED_REPOS: "octo-org/*" }, ["--repos", "a/b"], { routes: [{ trust: [{ repository: ["a/b"] }] }] }],
    [{ OIDC_AUDIENCE: undefined }, ["--audience", "a"], { audience: ["a"] }],
    [{ ALLOWED_REFS: "refs/tags/*" }, ["--refs", "refs/tags/*"], { routes: [{ trust: [{ ref: ["refs/tags/*"] }] }] }],
    [{ UPSTREAM_URL: undefined }, ["--upstream", "https://api.example.com"], { routes: [{ authHeader: "x-api-key" }] }],
  ])("%o", async (change, flags, expected) => {
    await expect(move(original(change))).rejects.toThrow(new RegExp(`${flags[0]}\\b`));
    expect(existsSync(join(folder, "new"))).toBe(false);
    await move(original(change), ...flags);
    expect(config()).toMatchObject(expected);
  });
});

it("what flags say wins", async () => {
  await move(original(), "--name", "other", "--audience", "a, b", "--preset", "openai");
  expect(written()).toMatchObject({ name: "other", vars: { OIDC_AUDIENCE: "a, b", ROUTES: [{ preset: "openai" }] } });
  expect(written().vars).not.toHaveProperty("UPSTREAM_URL");
});

describe("writes nothing, and names the variable:", () => {
  it.each([
    [{ MAX_TOKEN_AGE_SECONDS: "1200s" }, "MAX_TOKEN_AGE_SECONDS must be a positive integer"],
    [{ MAX_TOKEN_AGE_SECONDS: "20 minutes" }, "MAX_TOKEN_AGE_SECONDS must be a positive integer"],
    [{ MAX_REQUESTS_PER_TOKEN: "0" }, "MAX_REQUESTS_PER_TOKEN must be a positive integer"],
    [{ RATE_LIMIT_PER_SECOND: 0.5 }, "RATE_LIMIT_PER_SECOND must be a positive integer"],
    [{ CORS_ORIGIN: "https://app.example/" }, "CORS_ORIGIN must be"],
    [{ UPSTREAM_URL: "http://api.example.com" }, "UPSTREAM_URL) must be an https URL"],
    [{ OIDC_ISSUER: "token.actions.githubusercontent.com" }, "OIDC_ISSUER must be an https URL"],
    [{ ALLOWED_REPO: "a/b" }, "ALLOWED_REPO is no variable of this worker: did you mean ALLOWED_REPOS?"],
  ])("%o", async (change, fault) => {
    await expect(move(original(change))).rejects.toThrow(fault);
    expect(readdirSync(folder)).toEqual(["old"]);
  });
});

it("a key in the old variables goes nowhere", async () => {
  await move(original({ UPSTREAM_API_KEY: "sk-secret", OTHER_SECRET: "sk-secret" }));
  const files = readdirSync(join(folder, "new"), { recursive: true, withFileTypes: true });
  const texts = files
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  expect(texts.length).toBeGreaterThan(5);
  expect([...texts, printed].join()).not.toContain("sk-secret");
  expect(printed).toMatch(/UPSTREAM_API_KEY stands in vars.*wrangler secret put UPSTREAM_API_KEY/);
});

it.each([
  ["the old worker's own folder", ["old", "old/wrangler.toml"], "give the new worker a folder of its own"],
  ["the same by a link", ["link", "old/wrangler.toml"], "give the new worker a folder of its own"],
  ["a file that is not there", ["new", "nothing/wrangler.toml"], "cannot be read: ENOENT"],
  ["a file that is none of wrangler's", ["new", "old/wrangler.yaml"], "its name must end in .toml, .json or .jsonc"],
])("refuses %s", async (_, [place = "", file = ""], text) => {
  writeFileSync(join(folder, "old", "wrangler.yaml"), "");
  writeFileSync(join(folder, "old", "wrangler.toml"), 'name = "my-proxy"');
  symlinkSync("old", join(folder, "link"));
  await expect(run(place, "--from", file)).rejects.toThrow(text);
  expect(readdirSync(folder)).toEqual(["link", "old"]);
  expect(readdirSync(join(folder, "old"))).toEqual(["wrangler.toml", "wrangler.yaml"]);
});

describe("what comes next:", () => {
  const put = "npx wrangler secret put UPSTREAM_API_KEY";
  const deploy = "npx wrangler deploy";
  it.each([
    ["the secrets stay", original(), [], [deploy]],
    [
      "a key in the clear is made anew",
      original({ UPSTREAM_API_KEY: "sk-1" }),
      [],
      [`${deploy} --secrets-file .env.deploy`],
    ],
    ["another worker has no secrets", original({}, withObject), ["--name", "other"], [put, deploy]],
  ])("%s", async (_, settings, flags, expected) => {
    await move(settings, ...flags);
    const [, commands = ""] = printed.split("says more:\n\n");
    expect(commands.trim().split(/\n\s*/)).toEqual(["cd new", "npm install", ...expected]);
  });
});

it("a worker whose file has no name is the one that is named", async () => {
  const { name: _, ...unnamed } = original({}, withObject);
  await move(unnamed, "--name", "my-proxy");
  expect(written()).toMatchObject({ name: "my-proxy", migrations: [...withObject.migrations, expect.anything()] });
  expect(printed).toContain("stay as they are");
});

it("a worker of another name has none of the old one's classes", async () => {
  await move(original({}, withObject), "--name", "other");
  expect(written().migrations).toEqual([{ tag: "limiter-object-1", new_sqlite_classes: ["LimiterObject"] }]);
  expect(read("src/index.ts")).not.toContain("class ");
});
