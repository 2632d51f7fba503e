import { readConfig } from "../config.ts";
import { secretsNamedBy } from "../route-rules.ts";
import type { Answers, Question } from "./answers.ts";

/** The secrets that a worker with these variables needs, by name. */
export function secretsOf(vars: Answers["vars"]): string[] {
  return vars.ROUTES ? [...secretsNamedBy(vars)] : ["UPSTREAM_API_KEY"];
}

/** What says a variable on the command line. */
const flags: Readonly<Record<string, string>> = {
  OIDC_AUDIENCE: "--audience",
  ALLOWED_REPOS: "--repos",
  ALLOWED_REFS: "--refs",
  UPSTREAM_URL: "--upstream",
  UPSTREAM_AUTH_HEADER: "--auth-header",
  UPSTREAM_AUTH_PREFIX: "--auth-prefix",
  "ROUTES.0.upstream": "--upstream",
};

/** Wrangler's own rule, and no longer than a part of a host's name may be. */
const WORKER_NAME = /^[a-z0-9_][a-z0-9_-]{0,62}$/;
const BARE_WORD = /^[\w-]+$/;
const NO_BLANK = "UPSTREAM_AUTH_PREFIX is put before the key as it is, and no blank is at its end: 'Bearer ' has one";
const CONTROL = /\p{Cc}/u;

/** What is wrong, and what is no fault and should be known: judged as the worker itself will judge it, as if its secrets were set. */
export function judge({ name, vars }: Answers): { faults: readonly string[]; warnings: readonly string[] } {
  const faults: string[] = [];
  if (name !== undefined && !WORKER_NAME.test(name))
    faults.push("--name must be small letters, digits and hyphens, at most 63, and not begin with a hyphen");
  const strange = Object.keys(vars).filter((variable) => CONTROL.test(String(vars[variable])));
  faults.push(...strange.map((variable) => `${named(variable)} must be one line of text`));
  const secrets = Object.fromEntries(secretsOf(vars).map((secret) => [secret, "set"]));
  const { config, faults: found = [] } = readConfig({ ...vars, ...secrets });
  faults.push(...found.map((fault) => fault.replace(/^\S+/, named)));
  const { UPSTREAM_AUTH_PREFIX: prefix = "" } = vars;
  return { faults, warnings: [...(config?.warnings ?? []), ...(BARE_WORD.test(String(prefix)) ? [NO_BLANK] : [])] };
}

const named = (variable: string) => {
  const flag = flags[variable];
  return flag === undefined ? variable : `${flag} (${variable})`;
};

/** Stands in for what is not said yet. */
const STAND_INS: Readonly<Record<Question, Answers["vars"]>> = {
  audience: { OIDC_AUDIENCE: "audience" },
  repos: { ALLOWED_REPOS: "owner/repo" },
  upstream: { UPSTREAM_URL: "https://upstream.example" },
};

/** What is wrong already, before the rest is asked for. */
export function judgeSoFar({ vars, ...answers }: Answers, missing: readonly Question[]): readonly string[] {
  const standIns = Object.assign({}, ...missing.map((question) => STAND_INS[question]));
  return judge({ ...answers, vars: { ...vars, ...standIns } }).faults;
}

/** What is wrong with one variable by itself. */
export function faultOf(variable: string, value: string): string | undefined {
  const others = Object.assign({}, ...Object.values(STAND_INS));
  const [fault] = judge({ vars: { ...others, [variable]: value } }).faults;
  return fault?.replace(named(variable), variable);
}
