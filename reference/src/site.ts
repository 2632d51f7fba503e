/**
 * Makes the reference of everything that can be imported, out of the comments in the declarations, into `docs/reference`. Fails on an
 * export without a comment, and on a link that leads nowhere.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Application, type ProjectReflection } from "typedoc";
import { findEntries } from "./entries.ts";
import { findDeadLinks } from "./find-dead-links.ts";

const root = join(import.meta.dirname, "../..");
const out = join(root, "docs/reference");
const entries = findEntries(root);
const folder = mkdtempSync(join(import.meta.dirname, "../.site-")); // in the tree, so that libraries are found

try {
  const app = await Application.bootstrap({
    name: "Reference",
    readme: "none",
    entryPoints: entries.map(({ declarations }) => declarations),
    tsconfig: writeConfig(),
    basePath: root,
    disableSources: true,
    validation: { invalidLink: true, notDocumented: true, notExported: false, rewrittenLink: true },
    requiredToBeDocumented: ["Class", "Interface", "Function", "TypeAlias", "Variable", "Method"],
    packagesRequiringDocumentation: [...new Set(entries.map((entry) => entry.package))],
    treatWarningsAsErrors: true,
    treatValidationWarningsAsErrors: true,
  });
  const project = await app.convert();
  if (project) {
    nameModules(project);
    app.validate(project);
    rmSync(out, { recursive: true, force: true });
    await app.generateDocs(project, out);
    for (const fault of findDeadLinks(out)) app.logger.error(fault);
  }
  if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** The built declarations, and nothing of the sources that stand for them in the tree. */
function writeConfig(): string {
  const config = {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      typeRoots: [join(root, "apps/worker/node_modules")],
      types: ["@cloudflare/workers-types"],
      paths: Object.fromEntries(entries.map(({ specifier, declarations }) => [specifier, [declarations]])),
    },
    files: entries.map(({ declarations }) => declarations),
  };
  const path = join(folder, "tsconfig.json");
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** A module is called as it is imported, not as its file. */
function nameModules(project: ProjectReflection): void {
  for (const module of project.children ?? []) {
    const names = [`${module.name}.d.ts`, `${module.name}/index.d.ts`];
    const entry = entries.find(({ declarations }) => names.includes(relative(root, declarations)));
    if (entry) module.name = entry.specifier;
  }
}
