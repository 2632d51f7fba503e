import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyTree } from "../tree.ts";

/**
 * A copy of the repository that mutants are written into, so that whatever becomes of a run, the work tree stays as it is. What is
 * installed is linked. It is gone when the process ends.
 */
export function copyRepository(root: string, workspace: string): string {
  const copy = mkdtempSync(join(tmpdir(), "mutate-"));
  process.once("exit", () => rmSync(copy, { recursive: true, force: true, maxRetries: 5 }));
  copyTree(root, copy);
  for (const folder of ["", workspace])
    symlinkSync(join(root, folder, "node_modules"), join(copy, folder, "node_modules"));
  return copy;
}
