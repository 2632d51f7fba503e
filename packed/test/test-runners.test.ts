/** Jest and vitest as a user's test runner, as the README of oidc-verify says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { dependencies, entries, isForWorkers } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProjectForTest } from "../src/project.ts";
import { nodeFolder } from "../src/tools.ts";

const specifiers = entries.filter((entry) => !isForWorkers(entry)).map(({ specifier }) => specifier);
const readme = inject("packed").find(({ name }) => name.endsWith("/oidc-verify"))?.unpacked as string;
const jestConfig = /```js\n(module\.exports = .*?)^```/ms.exec(readFileSync(join(readme, "README.md"), "utf8"))?.[1];

/** A test file that loads every entry by this call, and uses two. */
const testWith = (load: string) => `
const specifiers = ${JSON.stringify(specifiers)};
test("every entry loads", async () => {
${specifiers.map((specifier) => `  expect(Object.keys(await ${load}("${specifier}")).length).toBeGreaterThan(0);`).join("\n")}
});
test("a verifier refuses what is no token", async () => {
  const { createVerifier, OidcVerifyError } = await ${load}(specifiers.find((name) => name.endsWith("/oidc-verify")));
  const refusal = await createVerifier({ audience: "a", trust: "any" }).verify("no token").catch((error) => error);
  expect([refusal instanceof OidcVerifyError, refusal.code]).toEqual([true, "token_malformed"]);
});
test("a limiter counts", async () => {
  const { createMemoryLimiter, quota } = await ${load}(specifiers.find((name) => name.endsWith("/token-limiter")));
  const limiter = createMemoryLimiter(quota({ name: "token", limit: 1 }));
  expect([(await limiter.take("k")).admitted, (await limiter.take("k")).admitted]).toEqual([true, false]);
});
`;

const JEST = { jest: "30", "babel-jest": "30" };
const VM_MODULES = { NODE_OPTIONS: "--experimental-vm-modules --no-warnings" };

interface Setup {
  devDependencies: Record<string, string>;
  files: Record<string, string>;
  command: string[];
  env?: Record<string, string>;
  /** Default: ours. */
  node?: string;
}

const SETUPS: Record<string, Setup> = {
  "Jest with vm modules, import, Node 20": {
    devDependencies: JEST,
    files: { "use.test.js": testWith("import") },
    command: ["jest"],
    env: VM_MODULES,
    node: "20",
  },
  "Jest with vm modules, require, Node 26": {
    devDependencies: JEST,
    files: { "use.test.js": testWith("require") },
    command: ["jest"],
    env: VM_MODULES,
    node: "26",
  },
  "Jest with Babel, Node 22": {
    devDependencies: { ...JEST, "@babel/preset-env": "latest" },
    files: { "use.test.js": testWith("require"), "jest.config.js": jestConfig ?? "" },
    command: ["jest"],
    node: "22",
  },
  vitest: {
    devDependencies: { vitest: "latest" },
    files: { "use.test.js": testWith("import") },
    command: ["vitest", "run", "--globals"],
  },
};

describe.concurrent.for(Object.entries(SETUPS))("%s", ([, { devDependencies, files, command, env, node }]) => {
  it.for(["npm", "pnpm"])("installed by %s", async (installer, { expect, onTestFinished }) => {
    const project = createProjectForTest(
      {
        "package.json": { private: true, dependencies, devDependencies },
        ...files,
      },
      onTestFinished,
    );
    await INSTALLERS[installer]?.(project);
    const bin = join(project.folder, "node_modules", ".bin");
    const path = [...(node ? [nodeFolder(node)] : []), bin, process.env.PATH].join(":");
    const [program = "", ...args] = command;
    await expect(project.run(program, args, { ...env, PATH: path })).resolves.toBeDefined();
  });
});

it("the README shows a configuration for Jest", () => expect(jestConfig).toContain("transformIgnorePatterns"));
