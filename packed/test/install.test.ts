import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { INSTALLERS } from "../src/installers.ts";
import { createProjectForTest } from "../src/project.ts";

const packed = inject("packed");

it.for(Object.keys(INSTALLERS))("%s installs what was packed, by name and version", async (installer) => {
  const dependencies = Object.fromEntries(packed.map(({ name, manifest }) => [name, `^${manifest.version}`]));
  const project = createProjectForTest({ "package.json": { private: true, type: "module", dependencies } });
  await INSTALLERS[installer]?.(project);
  for (const { name, unpacked, manifest } of packed) {
    const files = [
      "package.json",
      ...Object.values(manifest.exports).map((entry) => (typeof entry === "string" ? entry : entry.default)),
    ];
    const read = (folder: string) => files.map((file) => readFileSync(join(folder, file), "utf8"));
    expect(read(join(project.folder, "node_modules", name))).toEqual(read(unpacked));
  }
});
