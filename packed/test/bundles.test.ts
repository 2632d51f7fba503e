/** What an import costs a user who bundles: by esbuild, and by Vite, which is Rolldown. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build as buildByEsbuild } from "esbuild";
import { build as buildByVite, type Rollup } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dependencies, entries } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProject, type Project } from "../src/project.ts";

/** All that an entry may weigh with what it depends on, minified and compressed, KiB. One table for all of the repository. */
const LIMITS_KIB: Record<string, number> = {
  "oidc-verify": 11,
  "oidc-verify/testing": 6,
  "token-limiter": 3.5,
  "token-limiter/conformance": 6.5,
  "proxy-core": 15,
  "oidc-proxy": 40,
  "oidc-proxy/compose": 40,
};

/** A part of an entry, and which share of the entry's bytes it may take at most. */
const PARTS: [entry: string, names: string[], share: number][] = [
  ["oidc-verify", ["parseSubject"], 0.15],
  ["oidc-verify", ["readBearer", "OidcVerifyError"], 0.15],
  ["token-limiter", ["quota"], 0.5],
  ["token-limiter", ["rateLimitFields"], 0.5],
  ["proxy-core", ["readCredential"], 0.35],
  ["proxy-core", ["withCors"], 0.35],
  ["oidc-proxy/compose", ["createDurableLimiter"], 0.6],
];

const short = (specifier: string) => specifier.replace(/^@[^/]+\//, "");
const specifierOf = (entry: string) => entries.find(({ specifier }) => short(specifier) === entry)?.specifier ?? entry;
const external = ["cloudflare:workers"];

let project: Project;
beforeAll(async () => {
  project = createProject({ "package.json": { private: true, type: "module", dependencies } });
  await INSTALLERS.npm?.(project);
});
afterAll(() => project.remove());

/** A program that uses these names of an entry; without names, all. */
function write(entry: string, names?: string[]): string {
  const file = `${[entry, ...(names ?? ["all"])].join("-").replaceAll("/", "-")}.js`;
  const what = names ? `{ ${names.join(", ")} }` : "* as all";
  project.write({ [file]: `import ${what} from "${specifierOf(entry)}";\nglobalThis.used = [${names ?? "all"}];\n` });
  return join(project.folder, file);
}

const BUNDLERS: Record<string, (file: string) => Promise<string>> = {
  async esbuild(file) {
    const how = { bundle: true, minify: true, format: "esm", platform: "neutral", write: false, external } as const;
    const { outputFiles } = await buildByEsbuild({ ...how, entryPoints: [file], logLevel: "error" });
    return outputFiles[0]?.text ?? "";
  },
  async Vite(file) {
    const options = { write: false, modulePreload: false, rollupOptions: { input: file, external } } as const;
    const built = await buildByVite({ root: project.folder, configFile: false, logLevel: "error", build: options });
    return (built as Rollup.RollupOutput).output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
  },
};
const kib = (code: string) => gzipSync(code, { level: 9 }).length / 1024;

describe.for(Object.entries(BUNDLERS))("%s", ([, bundle]) => {
  it.for(entries.map(({ specifier }) => short(specifier)))("%s weighs no more than it may", async (entry) => {
    const size = kib(await bundle(write(entry)));
    expect(size).toBeLessThan(LIMITS_KIB[entry] ?? 0);
    expect(size, "a limit that is far away notices nothing").toBeGreaterThan((LIMITS_KIB[entry] ?? 0) * 0.7);
  });

  it.for(PARTS)("of %s, %o takes its part", async ([entry, names, share]) => {
    const [part, all] = [await bundle(write(entry, names)), await bundle(write(entry))];
    expect(part).toContain("used");
    expect(part.length / all.length).toBeLessThan(share);
  });
});
