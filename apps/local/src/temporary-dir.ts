import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder, deleted with all it holds at the end of the scope. */
export function temporaryDir(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "stage-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
