import { join } from "node:path";
import type { Project } from "./project.ts";
import { pnpm } from "./root.ts";
import { toolPath } from "./tools.ts";

/** Each installs what a project's `package.json` says. Caches that go by name and version are the project's own: the next run has other bytes. */
export const INSTALLERS: Record<string, (project: Project) => Promise<string>> = {
  npm: (project) => project.run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"]),
  pnpm: (project) => pnpm(project.folder, "install", "--no-frozen-lockfile", "--config.strict-dep-builds=false"),
  bun: (project) =>
    project.run(toolPath(".bin", "bun"), ["install"], { BUN_INSTALL_CACHE_DIR: join(project.folder, ".bun-cache") }),
};
