import {
  lstatSync,
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
import { type ParseError, parse } from "jsonc-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { type Answers, InitError } from "./answers.ts";
import { init, type Surroundings } from "./init.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "init-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FILES = [
  ".dev.vars",
  ".dev.vars.example",
  ".github/workflows/deploy.yml",
  ".gitignore",
  "README.md",
  "package.json",
  "src/index.ts",
  "wrangler.jsonc",
];
const GOOD = ["--audience", "acme", "--repos", "acme/app", "--preset", "anthropic"];

let printed: string;
const surroundings = (): Surroundings => ({
  own: { name: "@acme/oidc-proxy", version: "1.2.3" },
  currentFolder: folder,
  node: "26.0.0",
  platform: "linux-x64",
  ask: undefined,
  print: (text) => {
    printed += `${text}\n`;
  },
});
const run = (args: readonly string[], different: Partial<Surroundings> = {}) => {
  printed = "";
  return init(["new", ...args], { ...surroundings(), ...different });
};

const read = (path: string) => readFileSync(join(folder, "new", path), "utf8");

/** By path, whatever there is: a link by where it leads. */
function everything(): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => {
    const entry = lstatSync(join(folder, path));
    return [path, entry.isFile() ? readFileSync(join(folder, path), "utf8") : entry.isDirectory() ? "folder" : "link"];
  });
  return Object.fromEntries(entries);
}

function configuration() {
  const faults: ParseError[] = [];
  const config = parse(read("wrangler.jsonc"), faults);
  expect(faults).toEqual([]);
  return config;
}

/** What the worker makes of it, once its secrets are there. */
function deployed() {
  const { vars, secrets } = configuration();
  return readConfig({ ...vars, ...Object.fromEntries(secrets.required.map((name: string) => [name, "key"])) });
}

it("writes a repository, and says what", async () => {
  await run(GOOD);
  expect(
    Object.keys(everything())
      .filter((path) => everything()[path] !== "folder")
      .sort(),
  ).toEqual(FILES.map((path) => `new/${path}`));
  for (const file of FILES) expect(printed).toContain(file);
});

describe("what is asked for is what the worker will do", () => {
  it.each([
    { args: ["--preset", "anthropic"], routes: [{ preset: "anthropic" }], secrets: ["ANTHROPIC_API_KEY"] },
    {
      args: ["--preset", "openai, npm"],
      routes: [
        { preset: "openai", prefix: "/openai" },
        { preset: "npm", prefix: "/npm" },
      ],
      secrets: ["OPENAI_API_KEY", "NPM_TOKEN"],
    },
    {
      args: ["--preset=azure-openai", "--preset=gemini", "--upstream", "https://acme.openai.azure.com"],
      routes: [{ preset: "azure-openai", upstream: "https://acme.openai.azure.com" }, { preset: "gemini" }],
      secrets: ["AZURE_OPENAI_API_KEY", "GEMINI_API_KEY"],
    },
    {
      args: ["--upstream", "https://api.example.com/v2", "--auth-header", "x-token", "--auth-prefix", "Key "],
      routes: [{ upstream: "https://api.example.com/v2", authHeader: "x-token", authPrefix: "Key " }],
      secrets: ["UPSTREAM_API_KEY"],
    },
  ])("$args", async ({ args, routes, secrets }) => {
    await run([
      "--audience",
      "acme",
      "--repos",
      "acme/app,acme/*",
      "--repos=Other/one",
      "--refs",
      "refs/tags/v*",
      ...args,
    ]);
    const { config, faults } = deployed();
    expect(faults).toBeUndefined();
    expect(config).toMatchObject({
      audience: ["acme"],
      maxAgeSeconds: 1200,
      routes: routes.map((route) => ({
        ...route,
        trust: [{ repository: ["acme/app", "acme/*", "Other/one"], ref: ["refs/tags/v*"] }],
      })),
      warnings: [],
    });
    expect(configuration().secrets.required).toEqual(secrets);
    for (const file of [".dev.vars.example", ".dev.vars"])
      for (const secret of secrets) expect(read(file)).toMatch(new RegExp(`^${secret}=`, "m"));
    expect(JSON.parse(read("package.json")).cloudflare.bindings).toMatchObject(
      Object.fromEntries(secrets.map((secret) => [secret, { description: expect.any(String) }])),
    );
  });
});

it("takes an audience as a list, as all lists", async () => {
  await run([...GOOD, "--audience", "other"]);
  expect(deployed().config?.audience).toEqual(["acme", "other"]);
});

it.each([
  ["Bearer", 1],
  ["Bearer ", 0],
  ["key=", 0],
])("tells of a prefix that would run into the key: %j", async (prefix, notes) => {
  const upstream = ["--upstream", "https://api.example.com", "--auth-prefix", prefix];
  await run([...GOOD.slice(0, 4), ...upstream]);
  expect(printed.match(/^Note: UPSTREAM_AUTH_PREFIX .* no blank/gm) ?? []).toHaveLength(notes);
});

it("refuses a folder without a name, as a script says it whose variable is not set", async () => {
  await expect(init(["", ...GOOD], surroundings())).rejects.toThrow("the folder is empty");
  expect(everything()).toEqual({});
});

it.each([
  ["linux-x64", ""],
  ["win32-x64", "Note: wrangler needs Node 22.12 or newer"],
])("an old Node on %s", async (platform, note) => {
  await run(GOOD, { node: "20.20.2", platform });
  expect(printed.includes("Note: wrangler needs")).toBe(note !== "");
});

it("takes any repository only if it is said aloud", async () => {
  await run(["--audience", "acme", "--repos", "*", "--preset", "anthropic"]);
  expect(deployed().config?.routes[0]?.trust).toEqual([{ repository: ["*"] }]);
});

it("has nothing in the example of secrets that would be deployed", async () => {
  await run([...GOOD, "--preset", "openai"]);
  expect(read(".dev.vars.example").replaceAll(/^#.*\n/gm, "")).toBe("ANTHROPIC_API_KEY=\nOPENAI_API_KEY=\n");
});

it("can uncomment each line of vars as it stands", async () => {
  await run(GOOD);
  const text = read("wrangler.jsonc");
  const hints = text.match(/^ {4}\/\/ "[A-Z_]+":.*$/gm) ?? [];
  expect(hints.length).toBeGreaterThan(3);
  writeFileSync(join(folder, "new", "wrangler.jsonc"), text.replaceAll(/^ {4}\/\/ (?="[A-Z_]+": )/gm, "    "));
  expect(deployed().faults).toBeUndefined();
});

describe("refuses, and writes nothing", () => {
  const without = (flag: string) => GOOD.filter((_, index) => GOOD[index] !== flag && GOOD[index - 1] !== flag);
  it.each([
    { args: [], says: ["--audience", "--repos", "--preset or --upstream", "no terminal"] },
    { args: without("--repos"), says: ["--repos"] },
    { args: ["--repos", "acme", "--name", "A"], says: ["--audience", "--repos (ALLOWED_REPOS)", "--name must"] },
    { args: [...without("--repos"), "--repos", ""], says: ["--repos is empty"] },
    { args: [...without("--repos"), "--repos", " , "], says: ["--repos is empty"] },
    { args: [...GOOD, "--refs", ""], says: ["--refs is empty"] },
    { args: [...GOOD, "--refs", "main"], says: ["--refs (ALLOWED_REFS)"] },
    { args: [...without("--repos"), "--repos", "acme"], says: ["--repos (ALLOWED_REPOS)", "owner/repo"] },
    { args: [...without("--repos"), "--repos", "acme/app,*"], says: ["--repos (ALLOWED_REPOS)"] },
    { args: [...without("--repos"), "--repos", "https://github.com/acme/app"], says: ["--repos (ALLOWED_REPOS)"] },
    { args: [...without("--preset"), "--preset", "antropic"], says: ['"antropic"', "did you mean anthropic?"] },
    { args: [...without("--preset"), "--preset", "constructor"], says: ['no "constructor"', "There are anthropic, "] },
    { args: [...without("--preset"), "--preset", ","], says: ["--preset is empty"] },
    {
      args: [...without("--preset"), "--upstream", "http://api.example.com"],
      says: ["--upstream (UPSTREAM_URL)", "https"],
    },
    {
      args: [...without("--preset"), "--upstream", "https://api.example.com", "--auth-header", "a b"],
      says: ["--auth-header"],
    },
    { args: [...without("--preset"), "--preset", "azure-openai"], says: ["azure-openai needs --upstream"] },
    {
      args: [...without("--preset"), "--preset", "azure-openai", "--upstream", "azure"],
      says: ["--upstream (ROUTES.0.upstream)"],
    },
    { args: [...GOOD, "--upstream", "https://api.example.com"], says: ["--upstream is no part of this preset"] },
    { args: [...GOOD, "--auth-header", "x-key"], says: ["--auth-header"] },
    { args: [...GOOD, "--name", "My Worker"], says: ["--name"] },
    { args: [...without("--audience"), "--audience", "a\nb"], says: ["--audience (OIDC_AUDIENCE)", "one line"] },
    { args: [...GOOD, "--repo", "acme/app"], says: ["no option --repo", "did you mean repos?"] },
    { args: [...GOOD, "-x"], says: ["no option -x"] },
    { args: [...GOOD, "--name", "a", "--name", "b"], says: ["--name is given twice"] },
    { args: [...GOOD, "--package", "npm:"], says: ["--package must be"] },
    { args: [...GOOD, "another"], says: ["one folder"] },
    { args: [...GOOD, "--package", "./no-such.tgz"], says: ["no-such.tgz cannot be read: ENOENT"] },
    { args: [...GOOD, "--package", "../worker"], says: ["must be a tarball"] },
  ])("$args", async ({ args, says }) => {
    const failure = await run(args).catch((error) => error);
    expect(failure).toBeInstanceOf(InitError);
    for (const words of says) expect(failure.message).toContain(words);
    expect(everything()).toEqual({});
  });
});

describe("asks what the flags do not say, and nothing else", () => {
  it.each([
    { args: GOOD, asked: [] },
    { args: [], asked: ["audience", "repos", "upstream"] },
    { args: ["--audience", "acme", "--upstream", "https://api.example.com"], asked: ["repos"] },
  ])("$args", async ({ args, asked }) => {
    const questions: string[] = [];
    const vars = { OIDC_AUDIENCE: "acme", ALLOWED_REPOS: "acme/app", UPSTREAM_URL: "https://other.example" };
    const ask = async (missing: readonly string[]): Promise<Answers> => {
      questions.push(...missing);
      const { UPSTREAM_URL, ...others } = vars;
      return { vars: missing.includes("upstream") ? vars : others };
    };
    await run(args, { ask });
    expect(questions).toEqual(asked);
    expect(deployed().faults).toBeUndefined();
  });
});

it("tells what is wrong before it asks for the rest", async () => {
  const ask = () => expect.fail("asked");
  await expect(run(["--repos", "acme"], { ask })).rejects.toThrow("--repos (ALLOWED_REPOS)");
  expect(everything()).toEqual({});
});

describe("the package that it depends on", () => {
  const PLACEHOLDER = { own: { name: ["@", "org/oidc-proxy"].join(""), version: "1.2.3" } };
  const dependencies = () => JSON.parse(read("package.json")).dependencies;

  it("is this one, of this version", async () => {
    await run(GOOD);
    expect(dependencies()).toEqual({ "@acme/oidc-proxy": "^1.2.3" });
    expect(read("src/index.ts")).toContain('export { default, LimiterObject } from "@acme/oidc-proxy";');
    expect(configuration().$schema).toBe("node_modules/@acme/oidc-proxy/wrangler.schema.json");
  });

  it.each(["./packed/a-1.0.0.tgz", "file:packed/a-1.0.0.tgz", "packed/a-1.0.0.tgz", "file:./packed/a-1.0.0.tgz"])(
    "is a tarball, which lies in the folder then: %s",
    async (path) => {
      mkdirSync(join(folder, "packed"));
      writeFileSync(join(folder, "packed", "a-1.0.0.tgz"), "bytes");
      await run([...GOOD, "--package", path], PLACEHOLDER);
      expect(dependencies()).toEqual({ [PLACEHOLDER.own.name]: "file:a-1.0.0.tgz" });
      expect(read("a-1.0.0.tgz")).toBe("bytes");
    },
  );

  it.each([
    [],
    ["--package", "^1.0.0"],
    ["--package", "latest"],
    ["--package", "npm"],
    ["--package", `npm:${PLACEHOLDER.own.name}@1.0.0`],
  ])("is no stranger's while the scope is a placeholder: %s", async (...args) => {
    await expect(run([...GOOD, ...args], PLACEHOLDER)).rejects.toThrow(/a stranger's package.*--package <tarball>/);
    expect(everything()).toEqual({});
  });

  it.each([
    { node: "20.20.2", brings: true },
    { node: "22.11.0", brings: true },
    { node: "22.12.0", brings: false },
    { node: "24.0.0", brings: false },
  ])("comes with a Node where that of the machine is too old for wrangler: $node", async ({ node, brings }) => {
    await run(GOOD, { node });
    expect(JSON.parse(read("package.json")).optionalDependencies !== undefined).toBe(brings);
    expect(read("README.md").includes("optionalDependencies")).toBe(brings);
  });
});

describe("never changes what is there", () => {
  it("makes the same bytes again, and the second time nothing", async () => {
    await run(GOOD);
    const first = everything();
    await run([...GOOD, "--audience", "other"]);
    expect(everything()).toEqual(first);
    expect(printed).not.toContain("written");
    rmSync(join(folder, "new"), { recursive: true });
    await run(GOOD);
    expect(everything()).toEqual(first);
  });

  it.each(FILES)("keeps %s as it is, says so, and writes the others", async (path) => {
    await run(GOOD);
    const fresh = everything();
    for (const file of FILES) if (file !== path) rmSync(join(folder, "new", file));
    writeFileSync(join(folder, "new", path), "\0 mine\r\n");
    writeFileSync(join(folder, "new", "another"), "mine, too");
    await run(GOOD);
    expect(everything()).toEqual({ ...fresh, "new/another": "mine, too", [`new/${path}`]: "\0 mine\r\n" });
    expect(printed).toMatch(new RegExp(`as it was +${path.replaceAll(".", "\\.")}\n`));
  });

  it("keeps a link to a file, and what it leads to", async () => {
    mkdirSync(join(folder, "new"));
    writeFileSync(join(folder, "theirs"), "theirs");
    symlinkSync("../theirs", join(folder, "new", "README.md"));
    await run(GOOD);
    expect(everything()).toMatchObject({ "new/README.md": "link", theirs: "theirs" });
  });

  it.each([
    { name: "a file in place of the folder", make: () => writeFileSync(join(folder, "new"), ""), says: "is no folder" },
    { name: "a file in place of src", make: () => inNew(() => writeFileSync(at("src"), "")), says: "src is no folder" },
    {
      name: "a folder in place of a file",
      make: () => inNew(() => mkdirSync(at("README.md"))),
      says: "README.md is no file",
    },
    {
      name: "a link in place of src",
      make: () => inNew(() => symlinkSync("../empty", at("src"))),
      says: "src is a link",
    },
    {
      name: "a link to nothing in place of a file",
      make: () => inNew(() => symlinkSync("../elsewhere", at(".gitignore"))),
      says: ".gitignore is a link",
    },
    {
      name: "a link to a folder in place of a file",
      make: () => inNew(() => symlinkSync("../empty", at("wrangler.jsonc"))),
      says: "wrangler.jsonc is a link",
    },
  ])("stops at $name, and writes nothing", async ({ make, says }) => {
    make();
    const before = everything();
    await expect(run(GOOD)).rejects.toThrow(says);
    expect(everything()).toEqual(before);
  });

  const at = (path: string) => join(folder, "new", path);
  const inNew = (make: () => void) => {
    mkdirSync(join(folder, "new"));
    mkdirSync(join(folder, "empty"));
    make();
  };
});
