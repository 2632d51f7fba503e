// Of the declarations that the compiler wrote into a package's `dist`, keeps those that an entry reaches: the others are nobody's, and speak
// of libraries that may not be there. Run from the package's folder.

import { globSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const { publishConfig } = JSON.parse(readFileSync("package.json", "utf8"));
const reached = new Set<string>();

function reach(file: string): void {
  if (reached.has(file)) return;
  reached.add(file);
  for (const [, to = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)\.ts"/g)) {
    reach(join(dirname(file), `${to}.d.ts`));
  }
}

for (const { types } of Object.values<{ types?: string }>(publishConfig.exports)) if (types) reach(join(types));
for (const file of globSync("dist/**/*.d.ts")) if (!reached.has(file)) rmSync(file);
