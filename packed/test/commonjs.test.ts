import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { dependencies, entries, isForWorkers } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProject, type Project } from "../src/project.ts";
import { nodeFolder } from "../src/tools.ts";

/** A Worker is no module for Node: `cloudflare:workers` is not there. */
const specifiers = entries.filter((entry) => !isForWorkers(entry)).map(({ specifier }) => specifier);
let project: Project;

beforeAll(async () => {
  project = createProject({ "package.json": { private: true, dependencies } });
  await INSTALLERS.npm?.(project);
});
afterAll(() => project.remove());

/** What a CommonJS file prints. Stands for what a user wrote, with a path of its own in errors. */
function runFile(version: string, specifier: string, code: string): Promise<string> {
  const file = `${version}${specifier}.cjs`.replaceAll(/[@/]/g, "-");
  project.write({ [file]: code.replaceAll("ENTRY", JSON.stringify(specifier)) });
  return project.run(join(nodeFolder(version), "node"), [file]).catch((error: Error) => error.message);
}

describe.concurrent.for(["20.19", "22.12", "24", "26"])("Node %s", (version) => {
  it.for(specifiers)("requires %s, and gets what an import gets", async (specifier, { expect }) => {
    const code = `const required = require(ENTRY);
import(ENTRY).then((imported) => console.log(Object.keys(required).length > 0 && required === imported));`;
    expect(await runFile(version, specifier, code)).toBe("true");
  });
});

describe.concurrent.for(["20.18", "22.11"])("Node %s, which cannot require an ES module", (version) => {
  it.for(specifiers)("says of %s what to write instead, which works", async (specifier, { expect }) => {
    const said = await runFile(version, specifier, "require(ENTRY);");
    expect(said).toMatch(/require\(\) of ES Module .* not supported/);
    expect(said).toContain("to a dynamic import() which is available in all CommonJS modules");
    const code = "import(ENTRY).then((imported) => console.log(Object.keys(imported).length > 0));";
    expect(await runFile(version, specifier, code)).toBe("true");
  });
});
