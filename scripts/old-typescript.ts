/** Compiles a program that uses all packages with the oldest TypeScript that their READMEs name, and checks their declarations too. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export const OLD_TYPESCRIPT = "5.4";

const ENTRIES = ["@org/oidc-verify", "@org/token-limiter", "@org/token-limiter/conformance", "@org/proxy-core"];
const RESOLUTIONS = ["node16", "nodenext", "bundler"];
const LIBS = ["es2022,dom,dom.iterable", "es2022,webworker"];

/** One line for each way to find the packages and each set of the platform's types: what the compiler said, "" for nothing. */
export async function compileWithOldTypeScript(
  folder: string,
  run: (command: string, ...args: string[]) => Promise<string>,
): Promise<[name: string, said: string][]> {
  const imports = ENTRIES.map((entry, index) => `import * as entry${index} from "${entry}";`);
  const use = `export const all: object[] = [${ENTRIES.map((_, index) => `entry${index}`).join(", ")}];`;
  const fields = `import { rateLimitFields } from "@org/token-limiter";\nexport const headers = new Headers(rateLimitFields([]));`;
  writeFileSync(join(folder, "use.ts"), [...imports, use, fields].join("\n"));
  const tsc = join(folder, "node_modules", "typescript-old", "bin", "tsc");
  const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--typeRoots", "none"];
  const ways = RESOLUTIONS.flatMap((resolution) => LIBS.map((lib) => [resolution, lib] as const));
  return Promise.all(
    ways.map(async ([resolution, lib]): Promise<[string, string]> => {
      const module = resolution === "bundler" ? "esnext" : resolution;
      const how = ["--skipLibCheck", "false", "--moduleResolution", resolution, "--module", module, "--lib", lib];
      const said = await run(process.execPath, tsc, ...flags, ...how, "use.ts").catch(
        (error: { stdout?: string }) => error.stdout || String(error),
      );
      return [`TypeScript ${OLD_TYPESCRIPT}, ${resolution}, ${lib}`, said.trim()];
    }),
  );
}
