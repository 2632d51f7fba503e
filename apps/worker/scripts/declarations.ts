// Of the declarations that the compiler wrote, keep those that an entry reaches: the others speak of libraries that are bundled.

import { readdirSync, readFileSync, rmSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);
const reached = new Set<string>();

function reach(name: string): void {
  if (reached.has(name)) return;
  reached.add(name);
  const text = readFileSync(new URL(`${name}.d.ts`, dist), "utf8");
  for (const [, next = ""] of text.matchAll(/(?:from|import\()\s*"\.\/([^"]+)\.ts"/g)) reach(next);
}

for (const entry of ["index", "compose"]) reach(entry);
for (const file of readdirSync(dist)) {
  if (file.endsWith(".d.ts") && !reached.has(file.slice(0, -".d.ts".length))) rmSync(new URL(file, dist));
}
