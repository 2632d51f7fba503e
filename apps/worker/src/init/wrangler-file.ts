import type { Plan } from "./repository.ts";

/** What every deployment of this worker has: the same as in `wrangler.jsonc` beside `src`, which a test sees to. */
const DATE = "2026-08-01";
const FLAGS = ["enable_request_signal", "request_signal_passthrough", "fetch_legacy_url"];
const MIGRATION = { tag: "limiter-object-1", new_sqlite_classes: ["LimiterObject"] };

/** `wrangler.jsonc`. */
export function wranglerFile({ name, vars, secrets, settings = {}, migrations = [], ...plan }: Plan): string {
  const others = Object.entries(settings).map(([setting, value]) => `  ${property(setting, value, 2)},\n`);
  return `{
  "$schema": "node_modules/${plan.package.name}/wrangler.schema.json",
  ${property("name", name)},
  "main": "src/index.ts",
${others.join("")}
  // The next four belong to the package: should one have to change, its changelog says so.
  ${property("compatibility_date", DATE)},
  ${property("compatibility_flags", FLAGS)},
  "durable_objects": { "bindings": [{ "name": "LIMITER", "class_name": "LimiterObject" }] },
${migrations.length > 0 ? HISTORY : ""}  ${property("migrations", [...migrations, MIGRATION], 2)},

  "minify": true,
${"observability" in settings ? "" : '  "observability": { "enabled": true },\n'}\
${LIMITS}
  // Keys are no variables: npx wrangler secret put ${secrets[0]}
  ${property("secrets", { required: secrets })},

  // A bad value opens nothing: every request is answered 500, and told why. The package's README has the table of all variables.
  "vars": {
${variables(vars, plan.comments ?? {})}
  }
}
`;
}

function variables(vars: Plan["vars"], told: Readonly<Record<string, string>>): string {
  const hints = Object.entries(hintsBeside).filter(([variable]) => !(variable in vars));
  const beforeUpstream = hints.map(([, text]) => commented(text)).join("");
  const blocks = Object.entries(vars).map(([variable, value]) => {
    const comment = told[variable] ?? comments[variable]?.(String(value));
    const isUpstream = variable === "UPSTREAM_URL" || variable === "ROUTES";
    const above = comment === undefined ? "" : `\n${commented(comment)}`;
    return `${isUpstream && hints.length > 0 ? `\n${beforeUpstream}` : ""}${above}    ${property(variable, value, 4)}`;
  });
  return blocks.join(",\n").replace(/^\n/, "");
}

/** Who takes over a worker's name takes over its history. */
const HISTORY = `\
  // It begins with that of the worker which ran under this name: Cloudflare applies what comes after the tag that it has.
`;

/** Cloudflare's free plan refuses it: a first deployment must not fail at it. */
const LIMITS = `\
  // On a paid plan take the slashes away: it ends a request that computes for more than a second. The free plan refuses the setting
  // (code 100328), and has a limit of its own.
  // "limits": { "cpu_ms": 1000 },
`;

/** What stands above a variable. */
const comments: Readonly<Record<string, (value: string) => string>> = {
  OIDC_AUDIENCE: () => "What a workflow asks its token for: core.getIDToken(…).",
  MAX_TOKEN_AGE_SECONDS: () =>
    "A token of GitHub's ends after 300 seconds. This accepts it for so long after its issue instead.",
  ALLOWED_REPOS: (value) =>
    value.startsWith("-")
      ? 'Your repositories: "your-org/your-repo, your-org/*". No repository can have this name, so nobody is let in yet.'
      : 'Who may call: "your-org/your-repo, your-org/*".',
  UPSTREAM_URL: () => "Where requests go, and how the key goes with them.",
  ROUTES: () => "Where requests go. Each key is a secret of that name.",
};

/** What is worth knowing and not set. Each can be uncommented as it stands, so none of them is last. */
const hintsBeside: Readonly<Record<string, string>> = {
  ENFORCE_TOKEN_EXPIRY: '"ENFORCE_TOKEN_EXPIRY": "true", // the token\'s own end counts as well',
  ALLOWED_REFS: '"ALLOWED_REFS": "refs/heads/main, refs/tags/v*", // from these refs only',
  MAX_REQUESTS_PER_RUN:
    '"MAX_REQUESTS_PER_RUN": "500", // a job can mint any number of tokens: this bounds what it can spend in all',
  MAX_REQUESTS_PER_REPO_PER_DAY: '"MAX_REQUESTS_PER_REPO_PER_DAY": "5000", // of one repository, in one UTC day',
  CORS_ORIGIN: '"CORS_ORIGIN": "off", // no page in a browser may call',
};

const commented = (text: string) => text.replaceAll(/^/gm, "    // ").concat("\n");

/** As a line, or, where a list holds objects, a line for each. */
function property(name: string, value: unknown, indent = 0): string {
  const isTable = Array.isArray(value) && value.length > 1 && value.every((item) => typeof item === "object");
  if (!isTable) return `${JSON.stringify(name)}: ${inline(value)}`;
  const margin = " ".repeat(indent);
  return `${JSON.stringify(name)}: [\n${value.map((item) => `${margin}  ${inline(item)}`).join(",\n")}\n${margin}]`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${inline(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
