// Writes `templates/worker`, which Cloudflare's "Deploy" button copies: what `oidc-proxy init` makes for somebody who has not said anything
// yet. With --check it changes nothing, and fails if a file is not as it should be, or one too many.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { secretsOf } from "../src/init/judge.ts";
import { isPlaceholder } from "../src/init/package-choice.ts";
import { filesOf } from "../src/init/repository.ts";

const folder = new URL("../../../templates/worker/", import.meta.url);
const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The three variables and no route, as the button's form shows one field for each. No repository can have this name: it is closed. */
const vars = {
  OIDC_AUDIENCE: "oidc-proxy",
  ALLOWED_REPOS: "-your-org-/-your-repo-",
  MAX_TOKEN_AGE_SECONDS: "1200",
  UPSTREAM_URL: "https://api.anthropic.com",
  UPSTREAM_AUTH_HEADER: "x-api-key",
  UPSTREAM_AUTH_PREFIX: "",
};
/** Until there is a package, a tarball that nobody has: whoever takes this folder as it stands must not get a stranger's. */
const spec = isPlaceholder(name) ? "file:not-published-yet.tgz" : `^${version}`;
const { ".dev.vars": _ignoredByGit, ...files } = filesOf({
  name: "oidc-proxy",
  vars,
  secrets: secretsOf(vars),
  isBuiltByCloudflare: true,
  package: { name, spec },
});

const isCheck = process.argv.includes("--check");
const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
const there = entries
  .filter((entry) => entry.isFile())
  .map((entry) => relative(fileURLToPath(folder), join(entry.parentPath, entry.name)))
  .filter((path) => !/^(node_modules|\.wrangler)\b|^\.dev\.vars$/.test(path)); // what git does not see

for (const path of new Set([...there, ...Object.keys(files)])) {
  const file = new URL(path, folder);
  const text = files[path];
  if (text === (there.includes(path) ? readFileSync(file, "utf8") : undefined)) continue;
  if (isCheck) {
    console.error(`templates/worker/${path} is not as init writes it: pnpm docs:template writes it anew`);
    process.exitCode = 1;
  } else if (text === undefined) rmSync(file);
  else {
    mkdirSync(dirname(fileURLToPath(file)), { recursive: true });
    writeFileSync(file, text);
  }
}
