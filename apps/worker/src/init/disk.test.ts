import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { InitError } from "./answers.ts";
import { writeFiles } from "./disk.ts";

it("takes back what it has written, and the folders that it has made, when the disk refuses the rest", () => {
  const above = mkdtempSync(join(tmpdir(), "init-"));
  onTestFinished(() => rmSync(above, { recursive: true }));
  const tooLong = "x".repeat(300);
  const write = () =>
    writeFiles(join(above, "a", "b"), { "one.txt": "1", "deep/er/two.txt": "2", [`new/${tooLong}`]: "3" });
  expect(write).toThrow(InitError);
  expect(write).toThrow(/nothing is written: ENAMETOOLONG/);
  expect(readdirSync(above)).toEqual([]);
});
