import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { runInChromium } from "../src/chromium.ts";
import { dependencies, entries, isForWorkers } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProject, type Project } from "../src/project.ts";
import { nodeFolder, toolPath } from "../src/tools.ts";
import { startEchoingUpstream } from "../src/upstream.ts";

/** What runs elsewhere, and why. */
const NOT_EVERYWHERE: Record<string, string> = {
  "proxy-core in Chromium": "forwarding needs headers that a browser does not let a page set",
  "oidc-proxy": "a Worker: it runs in workerd, see worker.test.ts",
};

const PASSED = "every check passes";
const checksOf = (source: string) => join(source, "test", "runtimes", "checks.js");
const all = inject("packed").map(({ name, source }) => ({ name: name.replace(/^.*\//, ""), source }));
const importable = entries.filter((entry) => !isForWorkers(entry));
/** Loads every entry, as text that Deno can read beforehand. */
const loadAll = `${importable.map(({ specifier }, index) => `import * as entry${index} from "${specifier}";`).join("\n")}
const empty = [${importable.map((_, index) => `entry${index}`)}].filter((entry) => Object.keys(entry).length === 0);
export const result = empty.length === 0 ? "${PASSED}" : "an entry is empty";
console.log(result);
`;
const packages = all.filter(({ name }) => NOT_EVERYWHERE[name] === undefined);

let upstream: Awaited<ReturnType<typeof startEchoingUpstream>>;
/** A project for each installer, and one where nothing is installed: Deno and Bun find modules themselves. */
let projects: Record<string, Project>;
let bareProject: Project;

beforeAll(async () => {
  upstream = await startEchoingUpstream();
  const checks: Record<string, string> = Object.fromEntries(
    packages.map(({ name, source }) => [`${name}.js`, readFileSync(checksOf(source), "utf8")]),
  );
  checks["every-entry.js"] = loadAll;
  const manifest = { private: true, type: "module", dependencies };
  projects = Object.fromEntries(
    Object.keys(INSTALLERS).map((installer) => [installer, createProject({ ...checks, "package.json": manifest })]),
  );
  for (const [installer, install] of Object.entries(INSTALLERS)) await install(projectOf(installer));
  const imports = entries.map(({ specifier, from }) => {
    const path = specifier.slice(from.name.length);
    return [specifier, `npm:${from.name}@${dependencies[from.name]}${path}`];
  });
  bareProject = createProject({ ...checks, "deno.json": { imports: Object.fromEntries(imports) } });
});
afterAll(async () => {
  for (const project of Object.values(projects)) project.remove();
  bareProject.remove();
  await upstream.close();
});

const projectOf = (installer: string) => projects[installer] as Project;
const check = (installer: string, command: string, script: string) =>
  projectOf(installer).run(command, [script], { UPSTREAM: upstream.url });

/** A page that finds modules as npm laid them out, without a bundler. */
const pageOf = (script: string) => {
  const imports = entries.map(({ specifier, from, file }) => [
    specifier,
    `/node_modules/${from.name}/${file.slice(2)}`,
  ]);
  const map = { imports: { ...Object.fromEntries(imports), jose: "/node_modules/jose/dist/webapi/index.js" } };
  return `<!doctype html><script type="importmap">${JSON.stringify(map)}</script><script type="module">
const tell = (result) => fetch("/result", { method: "POST", body: result });
import("/${script}").then(({ result }) => tell(result), (error) => tell(String(error)));
</script>`;
};

const RUNTIMES: Record<string, (script: string) => Promise<string>> = {
  ...Object.fromEntries(
    Object.keys(INSTALLERS).flatMap((installer) =>
      ["20", "22", "24", "26"].map((version) => [
        `Node ${version}, installed by ${installer}`,
        (script) => check(installer, join(nodeFolder(version), "node"), script),
      ]),
    ),
  ),
  Bun: (script) => check("bun", toolPath(".bin", "bun"), script),
  // Without any installation, by name. A cache of its own: the next run has other bytes under the same version.
  "Bun, by itself": (script) => {
    const env = { UPSTREAM: upstream.url, BUN_INSTALL_CACHE_DIR: join(bareProject.folder, ".bun") };
    return bareProject.run(toolPath(".bin", "bun"), ["run", "--install=force", script], env);
  },
  "Deno, by npm:": (script) => {
    const rights = ["--no-prompt", "--allow-net=127.0.0.1", "--allow-env=UPSTREAM"];
    const env = { UPSTREAM: upstream.url, DENO_DIR: join(bareProject.folder, ".deno") };
    return bareProject.run(toolPath(".bin", "deno"), ["run", ...rights, script], env);
  },
  Chromium: (script) => {
    projectOf("npm").write({ [`${script}.html`]: pageOf(script) });
    return runInChromium(projectOf("npm").folder, `${script}.html`);
  },
};

it("every package has checks, or a reason why not", () => {
  expect(packages.filter(({ source }) => !existsSync(checksOf(source)))).toEqual([]);
});

describe.concurrent.for(Object.keys(RUNTIMES))("%s", (runtime) => {
  it.for(
    [...packages.map(({ name }) => name), "every-entry"].filter((name) => !NOT_EVERYWHERE[`${name} in ${runtime}`]),
  )("%s", async (name, { expect }) => {
    expect(await RUNTIMES[runtime]?.(`${name}.js`)).toBe(PASSED);
  });
});
