import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { type RunOptions, run } from "./run.ts";

/** A fresh project outside the workspace, as a user's. */
export interface Project {
  folder: string;
  /** Writes files: by path within the folder, a text, or what becomes JSON. */
  write(files: Record<string, unknown>): void;
  /** What a command says that runs in the folder. */
  run(command: string, args: readonly string[], env?: RunOptions["env"]): Promise<string>;
  /** Deletes the folder. */
  remove(): void;
}

/**
 * Makes a project with these files. Published packages have their scope's registry on this machine, so that each of them is what was
 * packed, by name and version, and none can come from elsewhere; all others come from the machine's own registry.
 * Call `remove` in the end.
 */
export function createProject(files: Record<string, unknown>): Project {
  const folder = mkdtempSync(join(tmpdir(), "consumer-"));
  const write = (more: Record<string, unknown>) => {
    for (const [path, content] of Object.entries(more)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content, null, 2));
    }
  };
  const scopes = new Set(inject("packed").map(({ name }) => name.split("/")[0]));
  write({ ".npmrc": [...scopes].map((scope) => `${scope}:registry=${inject("registry")}/\n`).join(""), ...files });
  return {
    folder,
    write,
    run: (command, args, env) => run(command, args, { cwd: folder, ...(env && { env }) }),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** As {@link createProject}, for one test: the folder is deleted after it. A concurrent test hands in the hook of its own context. */
export function createProjectForTest(
  files: Record<string, unknown>,
  finished: (remove: () => void) => void = onTestFinished,
): Project {
  const project = createProject(files);
  finished(project.remove);
  return project;
}
