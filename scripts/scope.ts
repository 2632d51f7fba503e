/** `pnpm scope @acme`: puts your scope on npm, and your repository on GitHub, in place of the present ones, in every file that git knows. */
import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRenamer, type Identity, identityFault } from "./scope/rename.ts";

const USAGE = `Publish under a scope of your own: rewrites it in every file that git knows, then installs, formats and generates anew.

  pnpm scope @acme [--repository acme/oidc-proxy]

  --repository <owner/name>  where the repository lies on GitHub; default: as it is. Releases run only there.
`;

/** What is made of the sources, by these scripts of the root's, and has the scope in it. */
const GENERATED = ["docs:tables", "docs:template", "api"];

const root = join(import.meta.dirname, "..");
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 26,
  });
const pnpm = (...args: string[]) => run("npx", "--yes", readJson("package.json").packageManager, ...args);
const read = (path: string) => readFileSync(join(root, path), "utf8");
const readJson = (path: string) => JSON.parse(read(path));

process.exitCode = main();

function main(): number {
  const from = presentIdentity();
  const to = requestedIdentity(from);
  if (!to) return 2;
  const fault = identityFault(from, to, read("pnpm-lock.yaml")) ?? dirt();
  if (fault) {
    console.error(fault);
    return 2;
  }
  const count = rewrite(from, to);
  console.log(`${from.scope} → ${to.scope}, ${from.repository} → ${to.repository}: ${count} files. Installing …`);
  try {
    pnpm("install", "--offline", "--no-frozen-lockfile", "--fix-lockfile");
    pnpm("exec", "biome", "check", "--write");
    for (const script of GENERATED) pnpm("run", script);
  } catch (error) {
    console.error(
      `${(error as Error).message}\nThe files are rewritten, but not all that follows; \`git restore .\` takes it back.`,
    );
    return 1;
  }
  console.log("Done. Read the difference (`git diff`), run `pnpm check`, and commit.");
  if (to.repository === from.repository)
    console.log(`The repository is still ${to.repository}: --repository changes it.`);
  return 0;
}

/** As the worker's package.json says it: nothing else does that is read by a program. */
function presentIdentity(): Identity {
  const { name, repository } = readJson("apps/worker/package.json");
  return {
    scope: name.split("/")[0],
    repository: repository.url.replace(/^git\+https:\/\/github\.com\//, "").replace(/\.git$/, ""),
  };
}

/** Undefined, and the usage on standard error, if it cannot be meant. */
function requestedIdentity(present: Identity): Identity | undefined {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { repository: { type: "string" } } });
    const [scope, more] = positionals;
    if (scope === undefined || more !== undefined) throw new Error("Give one scope.");
    return { scope, repository: values.repository ?? present.repository };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

/** What is not committed could not be told from what this changes. */
function dirt(): string | undefined {
  const changed = run("git", "status", "--porcelain").trim();
  return changed && `Commit or stash first; git status says:\n${changed}`;
}

/** How many files were changed. */
function rewrite(from: Identity, to: Identity): number {
  const files = run("git", "ls-files", "-z")
    .split("\0")
    .filter((path) => path !== "" && lstatSync(join(root, path)).isFile());
  const names = files
    .filter((path) => /(^|\/)package\.json$/.test(path))
    .map((path) => String(readJson(path).name).replace(/^.*\//, ""));
  const rename = createRenamer(from, to, names);
  return files.filter((path) => {
    const text = read(path);
    if (text.includes("\0") || text.includes("\uFFFD")) return false; // no text
    const renamed = rename(path, text);
    if (renamed !== text) writeFileSync(join(root, path), renamed);
    return renamed !== text;
  }).length;
}
