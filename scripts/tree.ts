import { execFileSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";

/** Copies what git tracks or would track: not what is installed or built, nor what is ignored. */
export function copyTree(from: string, to: string): void {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: from });
  for (const path of listed.toString().split("\0")) {
    if (path !== "" && existsSync(join(from, path))) cpSync(join(from, path), join(to, path));
  }
}
