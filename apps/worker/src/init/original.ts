import { judgeNames } from "../names.ts";
import { variableNames } from "../variables.ts";
import type { Answers } from "./answers.ts";
import { isRecord, readConfigurationText } from "./configuration-text.ts";
import { readOriginalClasses } from "./original-classes.ts";

/** What goose's `oidc-proxy` was told by its configuration, as answers for a worker of this package. */
export interface Original {
  /** `OIDC_AUDIENCE`, `ALLOWED_REPOS` and `UPSTREAM_URL` are missing where somebody must say them. */
  answers: Answers;
  /** What is not as it was, to be told. */
  notes: readonly string[];
  /** What must be mended in the file before anything is written. */
  faults: readonly string[];
  /** Whether the key stands in the file, in the clear. */
  hasKeyInVars: boolean;
}

/** The original's variables. All of them have the same name and sense here. */
const TAKEN = [
  "OIDC_ISSUER",
  "OIDC_AUDIENCE",
  "MAX_TOKEN_AGE_SECONDS",
  "MAX_REQUESTS_PER_TOKEN",
  "RATE_LIMIT_PER_SECOND",
  "ALLOWED_REPOS",
  "ALLOWED_REFS",
  "UPSTREAM_URL",
  "UPSTREAM_AUTH_HEADER",
  "UPSTREAM_AUTH_PREFIX",
  "CORS_ORIGIN",
  "CORS_EXTRA_HEADERS",
] as const;

const KEPT = [
  "account_id",
  "workers_dev",
  "preview_urls",
  "route",
  "routes",
  "observability",
  "logpush",
  "tail_consumers",
];

/** Of these the new worker has its own, and a reader expects no other. */
const OWN = [
  "$schema",
  "name",
  "main",
  "compatibility_date",
  "vars",
  "migrations",
  "durable_objects",
  "exports",
  "env",
];

const AGE = "How old a token may be, in seconds since its issue.";
const EXPIRY = `The original's later versions judge a token's age and its exp; here MAX_TOKEN_AGE_SECONDS alone would stand instead of exp. Take
this line out, and expired tokens pass until they are that old, as in its first versions.`;
/** Whatever of this kind lies in the new folder, git does not see. */
export const KEYS_FILE = ".env.deploy";
const SECRET = `UPSTREAM_API_KEY stands in vars, in the clear: it is not taken over. Make a new key at the API, and put it by \`npx wrangler secret put UPSTREAM_API_KEY\`; while Cloudflare refuses that, as a variable has the name, with the first deployment: \`npx wrangler deploy --secrets-file ${KEYS_FILE}\`, which has the one line UPSTREAM_API_KEY='…'`;
const PATTERN = "in it * stood for nothing but itself, here it stands for any run of characters";

/**
 * Read the configuration of goose's `oidc-proxy`. No value is told in a note or fault.
 * @param file - The file's name: `.toml`, `.json` or `.jsonc`.
 * @param text - What stands in it.
 * @param overruled - Variables that are said elsewhere: what the file says of them is not read.
 */
export function readOriginal(file: string, text: string, overruled: ReadonlySet<string> = new Set()): Original {
  const { settings, faults } = readConfigurationText(file, text);
  if (!settings) return { answers: { vars: {} }, notes: [], faults, hasKeyInVars: false };
  const { vars: given = {}, env = {}, name } = settings;
  const { migrations, stubs, ...classes } = readOriginalClasses(settings);
  const { vars, ...variables } = readVariables(isRecord(given) ? given : {}, overruled);
  return {
    answers: {
      ...(typeof name === "string" && { name }),
      vars,
      comments: { MAX_TOKEN_AGE_SECONDS: AGE, ENFORCE_TOKEN_EXPIRY: EXPIRY },
      settings: Object.fromEntries(
        KEPT.filter((key) => settings[key] !== undefined).map((key) => [key, settings[key]]),
      ),
      migrations,
      stubs,
    },
    notes: [...variables.notes, ...classes.notes, ...notesOfSettings(settings)],
    faults: [...faultsOfEnvironments(env), ...faultsOfDashboard(settings), ...variables.faults, ...classes.faults],
    hasKeyInVars: isRecord(given) && given.UPSTREAM_API_KEY !== undefined,
  };
}

/** Each has variables and objects of its own: which of them is meant, nobody can guess. */
function faultsOfEnvironments(env: unknown): string[] {
  const names = isRecord(env) ? Object.keys(env) : [];
  if (names.length === 0) return [];
  return [
    `env: it describes ${names.length + 1} workers: write a file that has only the one that you move, its vars on top`,
  ];
}

/** A limit or a list of refs may stand there alone; the first deployment would take it away. */
function faultsOfDashboard({ keep_vars }: Readonly<Record<string, unknown>>): string[] {
  if (keep_vars !== true) return [];
  return [
    "keep_vars: variables may stand in the dashboard that are not in this file: write them into its vars, and take this line out",
  ];
}

function notesOfSettings(settings: Readonly<Record<string, unknown>>): string[] {
  const lost = Object.keys(settings).filter((key) => !OWN.includes(key) && !KEPT.includes(key));
  return lost.length === 0 ? [] : [`not taken over, as nothing here needs it, or has its own: ${lost.join(", ")}`];
}

interface Variables {
  vars: Record<string, string>;
  notes: string[];
  faults: string[];
}

function readVariables(given: Record<string, unknown>, overruled: ReadonlySet<string>): Variables {
  const { faults, warnings } = judgeNames(given);
  const read: Variables = { vars: {}, notes: warnings.map((text) => text.replace(/^names.*: /, UNREAD)), faults };
  for (const name of TAKEN) {
    const value = overruled.has(name) ? undefined : given[name];
    if (typeof value === "object") read.faults.push(`${name} must be a text`);
    else if (value !== undefined && value !== "") read.vars[name] = String(value);
  }
  const ours = Object.keys(given).filter((name) => (variableNames.has(name) || name === "LIMITER") && !known.has(name));
  if (ours.length > 0) read.notes.push(`not taken over, as the original did not read it: ${ours.join(", ")}`);
  judge(read, overruled);
  if (given.UPSTREAM_API_KEY !== undefined) read.notes.push(SECRET);
  return read;
}

const known: ReadonlySet<string> = new Set([...TAKEN, "UPSTREAM_API_KEY"]);

const ANYBODY = "any repository on GitHub could call. Here somebody must say so aloud";
const ANY_PAGE = "CORS_ORIGIN was not set: pages of any origin may call, as in its later versions. `off` closes that";
const NO_SCHEME =
  "UPSTREAM_AUTH_PREFIX must be a scheme of at most 30 characters, and nothing after its blank: a key belongs into the secret UPSTREAM_API_KEY";
/** Longer than any scheme is, keys are. */
const SCHEME = /^(?=.{0,30}$)\S*\s*(?:[a-z_]{1,12}=)?$/; // `Token token=`

const UNREAD = "not taken over, as nothing here reads it: ";

/** Where nothing, or the same text, would let in whom it did not let in there. */
function judge({ vars, notes, faults }: Variables, overruled: ReadonlySet<string>): void {
  const isUnset = (name: string) => vars[name] === undefined && !overruled.has(name);
  if (isUnset("OIDC_AUDIENCE")) notes.push("OIDC_AUDIENCE was not set: any audience passed. Here it is required");
  if (isUnset("ALLOWED_REPOS")) notes.push(`ALLOWED_REPOS was not set: ${ANYBODY}`);
  if (vars.ALLOWED_REPOS?.includes("*")) {
    delete vars.ALLOWED_REPOS;
    notes.push(`ALLOWED_REPOS is asked anew: ${PATTERN}`);
  }
  if (vars.ALLOWED_REFS?.includes("*")) faults.push(`ALLOWED_REFS: ${PATTERN}. Say by --refs which refs you mean`);
  if (!SCHEME.test(vars.UPSTREAM_AUTH_PREFIX ?? "")) faults.push(NO_SCHEME);
  if (isUnset("CORS_ORIGIN")) notes.push(ANY_PAGE);
  const unbounded = ["MAX_REQUESTS_PER_TOKEN", "RATE_LIMIT_PER_SECOND"].filter(isUnset);
  if (unbounded.length > 0) notes.push(`${unbounded.join(", ")} not set: a token has 200 requests, and 2 a second`);
  if (vars.MAX_TOKEN_AGE_SECONDS === undefined) return;
  vars.ENFORCE_TOKEN_EXPIRY = "true";
  notes.push(`ENFORCE_TOKEN_EXPIRY is true. ${EXPIRY.replace("\n", " ").replace("this line", "it")}`);
}
