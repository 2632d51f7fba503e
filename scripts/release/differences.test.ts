import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { differences } from "./differences.ts";

let stage: string;
const folders = () => [join(stage, "one"), join(stage, "other")] as const;

beforeEach(() => {
  stage = mkdtempSync(join(tmpdir(), "differences-"));
  for (const folder of folders()) {
    mkdirSync(join(folder, "dist"), { recursive: true });
    writeFileSync(join(folder, "dist", "worker.js"), "export default {};\n");
    writeFileSync(join(folder, "README.md"), "");
  }
});
afterEach(() => rmSync(stage, { recursive: true }));

it("finds none between equals", () => expect(differences(...folders())).toEqual([]));

it.each([
  ["a byte", "dist/worker.js", "export default [];\n", ["dist/worker.js differs from byte 15 on"]],
  ["a byte more", "dist/worker.js", "export default {};\n\n", ["dist/worker.js differs from byte 19 on"]],
  ["a byte less", "dist/worker.js", "export default {};", ["dist/worker.js differs from byte 18 on"]],
  ["a byte in an empty file", "README.md", "x", ["README.md differs from byte 0 on"]],
  ["a file more", "dist/new.js", "", ["dist/new.js is in the second alone"]],
])("finds %s", (_, path, content, found) => {
  writeFileSync(join(stage, "other", path), content);
  expect(differences(...folders())).toEqual(found);
});

it("finds a file less, and all at once", () => {
  rmSync(join(stage, "other", "dist", "worker.js"));
  writeFileSync(join(stage, "other", "README.md"), "x");
  expect(differences(...folders())).toEqual([
    "README.md differs from byte 0 on",
    "dist/worker.js is in the first alone",
  ]);
});
