import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { dependencies, fileOf } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProjectForTest } from "../src/project.ts";

/** How a `package.json` may name a version. */
const FORMS: Record<string, (name: string, range: string) => string> = {
  "by a range": (_, range) => range,
  "by npm:": (name, range) => `npm:${name}@${range}`,
};

describe.for(Object.keys(INSTALLERS))("%s installs what was packed", (installer) => {
  it.for(Object.keys(FORMS))("%s", async (form) => {
    const wanted = Object.entries(dependencies).map(([name, range]) => [name, FORMS[form]?.(name, range)]);
    const manifest = { private: true, type: "module", dependencies: Object.fromEntries(wanted) };
    const project = createProjectForTest({ "package.json": manifest });
    await INSTALLERS[installer]?.(project);
    for (const { name, unpacked, manifest } of inject("packed")) {
      const files = ["package.json", ...Object.values(manifest.exports).map(fileOf)];
      const read = (folder: string) => files.map((file) => readFileSync(join(folder, file), "utf8"));
      expect(read(join(project.folder, "node_modules", name))).toEqual(read(unpacked));
    }
  });
});
