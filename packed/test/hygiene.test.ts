/** What is in the tarballs, and what is not. */
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { homedir } from "node:os";
import { join, posix } from "node:path";
import { build, type Plugin } from "esbuild";
import { describe, expect, inject, it } from "vitest";
import { fileOf } from "../src/entries.ts";
import { ROOT } from "../src/root.ts";
import { run } from "../src/run.ts";

/** All that a package may hold. `CHANGELOG.md` comes with the first release. */
const MEANT =
  /^(package\.json|README\.md|LICENSE|THIRD-PARTY-LICENSES|CHANGELOG\.md|[a-z]+\.schema\.json|dist\/[\w/-]+\.(js|js\.map|d\.ts))$/;
const TEST = /(^|[./-])(test|tests|test-d|bench|fixtures)[./-]|\.spec\./;

const registry = new URL((await run("npm", ["config", "get", "registry"])).split("\n").at(-1) ?? "").host;
const isBuiltin = (name: string) => name.startsWith("node:") || builtinModules.includes(name);
const packageOf = (name: string) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;

const filesIn = (folder: string) =>
  globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

/** All that a module imports or requires, as esbuild reads it. */
async function importsOfCode(path: string): Promise<string[]> {
  const found: string[] = [];
  const note: Plugin = {
    name: "note",
    setup({ onResolve }) {
      onResolve({ filter: /.*/ }, ({ kind, path: to }) => {
        if (kind === "entry-point") return undefined;
        found.push(to);
        return { path: to, external: true };
      });
    },
  };
  await build({ entryPoints: [path], bundle: true, format: "esm", write: false, logLevel: "error", plugins: [note] });
  return found;
}

/** All that stands in a declaration after `from`, `import` or in `import(…)`. Comments are no code. */
const importsOfTypes = (path: string) =>
  [
    ...readFileSync(path, "utf8")
      .replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "")
      .matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g),
  ].map(([, name = ""]) => name);

/** What each file of each package imports, by its path. */
const imports = new Map<string, string[]>();
for (const { unpacked } of inject("packed")) {
  for (const path of filesIn(unpacked).map((file) => join(unpacked, file))) {
    if (path.endsWith(".js")) imports.set(path, await importsOfCode(path));
    if (path.endsWith(".d.ts")) imports.set(path, importsOfTypes(path));
  }
}

describe.for(inject("packed"))("$name", ({ name, unpacked, source, manifest }) => {
  const files = filesIn(unpacked);
  const read = (file: string) => readFileSync(join(unpacked, file), "utf8");
  const code = files.filter((file) => /\.(js|d\.ts)$/.test(file));
  const importsOf = (file: string) => imports.get(join(unpacked, file)) ?? [];
  /** All files that these import, and themselves. */
  const reachable = (starts: string[]) => {
    const found = new Set<string>();
    const visit = (file: string) => {
      if (found.has(file)) return;
      found.add(file);
      for (const to of importsOf(file).filter((to) => to.startsWith("."))) {
        visit(posix.join(posix.dirname(file), file.endsWith(".d.ts") ? to.replace(/(\.d)?\.[jt]s$/, ".d.ts") : to));
      }
    };
    for (const start of starts) visit(posix.normalize(start));
    return found;
  };
  const targets = Object.values(manifest.exports).map(fileOf);
  const commands = Object.values(manifest.bin ?? {});

  it("holds what is meant, and nothing else", () => {
    expect(files.filter((file) => !MEANT.test(file) || TEST.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE"]));
  });

  it("holds every file that its manifest names, and no code that nothing names", () => {
    const types = Object.values(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [] : (target.types ?? []),
    );
    const named = reachable([...targets.filter((file) => file.endsWith(".js")), ...types, ...commands]);
    expect(files).toEqual(expect.arrayContaining([...named, ...targets.map((file) => posix.normalize(file))]));
    expect(code.filter((file) => !named.has(file))).toEqual([]);
  });

  it("imports what it declares, and Node's modules in commands alone", () => {
    const declared = new Set([name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]);
    const forCommands = reachable(commands);
    const forOthers = reachable(targets.filter((file) => file.endsWith(".js")));
    const may = (file: string, to: string) => {
      if (isBuiltin(to)) return forCommands.has(file) && !forOthers.has(file);
      if (to === "cloudflare:workers") return name.endsWith("/oidc-proxy");
      return to.startsWith(".") || declared.has(packageOf(to));
    };
    const wrong = code.flatMap((file) =>
      importsOf(file)
        .filter((to) => !may(file, to))
        .map((to) => `${file}: ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it("depends on ranges, not on pins", () => {
    for (const range of Object.values({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      expect(range).toMatch(/^[\^~]\d|^>=/);
    }
  });

  it("has source maps that hold their sources", () => {
    for (const file of code.filter((each) => each.endsWith(".js"))) {
      const named = /^\/\/# sourceMappingURL=(.+)$/m.exec(read(file))?.[1];
      const map = JSON.parse(read(posix.join(posix.dirname(file), named ?? "no source map")));
      expect(map.sourcesContent).toHaveLength(map.sources.length);
      expect(map.sourcesContent.every((text: unknown) => typeof text === "string")).toBe(true);
    }
    expect(code.filter((file) => file.endsWith(".d.ts") && read(file).includes("sourceMappingURL"))).toEqual([]);
  });

  it("names no path of the machine that built it, nor its registry", () => {
    const secrets = [ROOT, source, homedir(), ...(registry === "registry.npmjs.org" ? [] : [registry])];
    for (const file of files) {
      const text = read(file);
      expect(
        secrets.filter((secret) => text.includes(`${secret}/`)),
        file,
      ).toEqual([]);
      expect(text.match(/(?<![\w.~-])\/(home|Users|root|tmp|private)\/[a-z][\w.-]*\//g), file).toBeNull();
    }
  });
});
