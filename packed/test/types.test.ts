import { afterAll, beforeAll, describe, it } from "vitest";
import { dependencies, entries, isForWorkers } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProject, type Project } from "../src/project.ts";
import { COMPILERS } from "../src/tools.ts";

/** What of the platform's types a program may have. */
const PLATFORMS = {
  "lib DOM only": { lib: ["es2022", "dom"], types: [] },
  "lib WebWorker only": { lib: ["es2022", "webworker"], types: [] },
  "@types/node 20 only": { lib: ["es2022"], types: ["node"] },
  "@types/node 26 only": { lib: ["es2022"], types: ["node"], nodeTypes: "26" },
  "Workers types only": { lib: ["es2022"], types: ["@cloudflare/workers-types"] },
} satisfies Record<string, { lib: string[]; types: string[]; nodeTypes?: "26" }>;
const RESOLUTIONS = { NodeNext: "nodenext", Node16: "node16", Bundler: "esnext" };

/** A program: what compiles it, how it finds packages, what types it has, and what it is. */
interface Way {
  compiler: string;
  resolution: keyof typeof RESOLUTIONS;
  platform: keyof typeof PLATFORMS;
  /** `.ts` is an ES module, `.cts` CommonJS. */
  files: (".ts" | ".cts")[];
  /** Whether it imports what is for Workers alone, beside all else. */
  worker: boolean;
}

const compilers = Object.keys(COMPILERS);
const isOld = (compiler: string) => compiler === "5.4";
/** Types that are newer than the compiler are no use to it. */
const suits = (compiler: string, platform: string) => !isOld(compiler) || platform !== "@types/node 26 only";
/** `require` of an ES module is known to TypeScript from 5.8 on. */
const requires = (compiler: string, resolution: string) =>
  resolution === "Bundler" || (resolution === "NodeNext" && !isOld(compiler));

const ways: Way[] = compilers.flatMap((compiler) =>
  (Object.keys(RESOLUTIONS) as Way["resolution"][]).flatMap((resolution) =>
    (Object.keys(PLATFORMS) as Way["platform"][])
      .filter((platform) => suits(compiler, platform))
      .map((platform): Way => {
        const files: Way["files"] = requires(compiler, resolution) ? [".ts", ".cts"] : [".ts"];
        return { compiler, resolution, platform, files, worker: platform === "Workers types only" };
      }),
  ),
);

/** What cannot be, why, and what the compiler says of it. */
const IMPOSSIBLE: [reason: string, way: Way, said: RegExp][] = [
  ...compilers.flatMap((compiler): typeof IMPOSSIBLE => {
    const dom = { compiler, platform: "lib DOM only" } as const;
    const resolution = isOld(compiler) ? "NodeNext" : "Node16";
    return [
      ["CommonJS needs 5.8 and nodenext", { ...dom, resolution, files: [".cts"], worker: false }, /TS1479/],
      ["a Worker needs a Worker's types", { ...dom, resolution: "NodeNext", files: [".ts"], worker: true }, /error TS/],
    ];
  }),
  [
    "@types/node 26 needs 5.6",
    { compiler: "5.4", resolution: "NodeNext", platform: "@types/node 26 only", files: [".ts"], worker: false },
    /@types\/node\/.*error TS/,
  ],
];

let projects: Record<string, Project>;

beforeAll(async () => {
  const install = async (nodeTypes: string) => {
    const devDependencies = { "@types/node": nodeTypes, "@cloudflare/workers-types": "^5.20261102.1" };
    const project = createProject({ "package.json": { private: true, type: "module", dependencies, devDependencies } });
    await INSTALLERS.npm?.(project);
    return project;
  };
  projects = { "20": await install("20"), "26": await install("26") };
});
afterAll(() => {
  for (const project of Object.values(projects)) project.remove();
});

/** What the compiler says of a program that imports every entry that it can have. Declarations are checked, too. */
async function compile({ compiler, resolution, platform, files, worker }: Way): Promise<string> {
  const { lib, types, ...more } = PLATFORMS[platform];
  const project = projects["nodeTypes" in more ? more.nodeTypes : "20"] as Project;
  const imported = entries.filter((entry) => worker || !isForWorkers(entry));
  const imports = imported.map(({ specifier }, index) => `import * as entry${index} from "${specifier}";`);
  const program = `${imports.join("\n")}\nexport const all: object[] = [${imported.map((_, index) => `entry${index}`)}];\n`;
  const name = [compiler, resolution, platform, worker, ...files].join("-").replaceAll(/\W+/g, "-");
  const compilerOptions = {
    ...{ module: RESOLUTIONS[resolution], moduleResolution: resolution, target: "es2022", lib, types },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
  };
  project.write({
    ...Object.fromEntries(files.map((extension) => [`${name}${extension}`, program])),
    [`${name}.json`]: { compilerOptions, files: files.map((extension) => `${name}${extension}`) },
  });
  const run = project.run(process.execPath, [COMPILERS[compiler] as string, "-p", `${name}.json`]);
  return run.catch((error: Error) => error.message);
}

describe.concurrent("declarations of every entry compile", () => {
  it.for(ways)("with $compiler, $resolution, $platform, in $files", async (way, { expect }) => {
    expect(await compile(way)).toBe("");
  });
});

describe.concurrent("what cannot be", () => {
  it.for(IMPOSSIBLE)("%s: %o", async ([, way, said], { expect }) => {
    expect(await compile(way)).toMatch(said);
  });
});
