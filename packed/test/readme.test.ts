/** The examples of every README, on what was packed: they compile, and they run. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { dependencies } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProject, type Project } from "../src/project.ts";
import { ROOT } from "../src/root.ts";
import { run } from "../src/run.ts";
import { COMPILERS } from "../src/tools.ts";

interface Example {
  /** The document, and the example's name or number in it: a path, as those of one document may import each other. */
  name: string;
  /** `ts`, `js`: the language that its fence names. */
  language: string;
  code: string;
}

const examplesOf = (name: string, text: string): Example[] =>
  [...text.matchAll(/^```(tsx?|jsx?|mts|cts|mjs|cjs|typescript|javascript)\b ?([\w.]*)[^\n]*\n(.*?)^```$/gms)].map(
    ([, language = "", label = "", code = ""], index) => ({ name: `${name}/${label || index}`, language, code }),
  );

const packed = inject("packed").map((each) => ({ ...each, short: each.name.replace(/^.*\//, "") }));
const packedExamples = packed.flatMap(({ short, unpacked }) =>
  examplesOf(short, readFileSync(join(unpacked, "README.md"), "utf8")),
);
/** The other documents tell the same packages' users what to write. */
const otherExamples = ["README.md", ...globSync("docs/*.md", { cwd: ROOT })].flatMap((path) =>
  examplesOf(path.replaceAll(/\W/g, "-"), readFileSync(join(ROOT, path), "utf8")),
);
const examples = [...packedExamples, ...otherExamples].filter(({ language }) => language === "ts");
const isForWorkers = ({ code }: Example) => /cloudflare:workers|\/oidc-proxy"/.test(code);

/** What the READMEs' readers bring along, as types and, for one README, as values. */
const globals = packed.flatMap(({ source }) => {
  const file = join(source, "test", "readme-globals.d.ts");
  return existsSync(file) ? [readFileSync(file, "utf8")] : [];
});
const GIVEN = `globalThis.readSecret = (name) => "the-secret-" + name;\nglobalThis.isKnown = async (credential) => credential === "known";\n`;

/** What is done with an example once it is loaded as \`example\`, and what that prints: the rest by tests of their own. */
const RUNS: Record<string, [use: string, prints: string]> = {
  "token-limiter/0": ["", ""],
  "token-limiter/1": ["", ""],
  "token-limiter/2": [
    `const { quota } = await import("SCOPE/token-limiter");
     const store = new Map();
     const take = () => example.takeFromStore(store, quota({ name: "token", limit: 1 }), "key", 0).admitted;
     console.log(take(), take());`,
    "true false",
  ],
  "token-limiter/3": ["", ""],
  "proxy-core/0": [
    `const answer = await example.default.fetch(new Request("https://p.example/v1/messages", { method: "POST", headers: { "x-api-key": "stranger" } }));
     console.log(answer.status, (await answer.json()).error);`,
    "403 Refused",
  ],
  "proxy-core/1": [
    `const get = (path, headers) => example.handler(new Request("https://p.example" + path, { headers }));
     console.log((await get("/llm/models/x")).status, (await get("/llm/models/x", { "x-api-key": "stranger" })).status, (await get("/other")).status);`,
    "401 403 404",
  ],
};
/** Examples that other tests run, and where. */
const RUN_ELSEWHERE = [
  /^oidc-verify\// /* below */,
  /^oidc-proxy\// /* worker.test.ts */,
  /^docs-migrate-/ /* migrate.test.ts */,
];

let project: Project;
beforeAll(async () => {
  const devDependencies = {
    "@types/node": "^26.0.0",
    "@cloudflare/workers-types": "^5.20261102.1",
    hono: "^4.13.19",
    vitest: "latest",
  };
  const files = Object.fromEntries(examples.map(({ name, code }) => [`${name}.ts`, code]));
  const manifest = { private: true, type: "module", dependencies, devDependencies };
  project = createProject({ "package.json": manifest, "globals.d.ts": globals.join("\n"), ...files });
  await INSTALLERS.npm?.(project);
});
afterAll(() => project.remove());

it("every example is TypeScript, but for a configuration of Jest, which test-runners.test.ts uses", () => {
  const others = [...packedExamples, ...otherExamples].filter(({ language }) => language !== "ts");
  expect(others.filter(({ code }) => !code.startsWith("module.exports = "))).toEqual([]);
});

it.for([
  ["for Workers", examples.filter(isForWorkers), ["@cloudflare/workers-types"]],
  ["for other runtimes", examples.filter((example) => !isForWorkers(example)), ["node"]],
] as const)("examples %s compile", async ([what, files, types]) => {
  const compilerOptions = {
    ...{ module: "nodenext", target: "es2022", lib: ["es2022"], types, strict: true, noEmit: true },
    ...{ verbatimModuleSyntax: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ allowImportingTsExtensions: true },
  };
  const config = `${what.replaceAll(" ", "-")}.json`;
  project.write({ [config]: { compilerOptions, files: ["globals.d.ts", ...files.map(({ name }) => `${name}.ts`)] } });
  const said = project.run(process.execPath, [COMPILERS.newest as string, "-p", config]);
  expect(await said.catch((error: Error) => error.message)).toBe("");
});

describe("examples run", () => {
  it("all of them do", () => {
    const names = examples.map(({ name }) => name).filter((name) => !RUN_ELSEWHERE.some((there) => there.test(name)));
    expect(names.toSorted()).toEqual(Object.keys(RUNS).toSorted());
  });

  it.for(Object.entries(RUNS))("%s", async ([name, [use, prints]]) => {
    const scope = packed[0]?.name.split("/")[0] ?? "";
    const script = `${GIVEN}const example = await import("./${name.split("/")[1]}.ts");\n${use.replaceAll("SCOPE", scope)}\n`;
    project.write({ [`${name}.run.js`]: script });
    expect(await project.run(process.execPath, [`${name}.run.js`])).toBe(prints);
  });

  it("those of oidc-verify, as its own test has it", async () => {
    const source = packed.find(({ short }) => short === "oidc-verify")?.source ?? "";
    const args = ["run", "--project", "node", "test/readme.test.ts"];
    const env = { README_PROJECT: project.folder, NO_COLOR: "1" };
    await expect(run(join(source, "node_modules", ".bin", "vitest"), args, { cwd: source, env })).resolves.toMatch(
      /Tests +\d+ passed \(/,
    );
  });
});
