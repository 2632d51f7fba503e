import { basename, relative, resolve } from "node:path";
import { type Answers, InitError, mergeAnswers, missingFrom, type Question } from "./answers.ts";
import { isThere, type Outcome, readBytes, writeFiles } from "./disk.ts";
import { type Flags, readFlags, usage } from "./flags.ts";
import { answersFromOriginal } from "./from-original.ts";
import { judge, judgeSoFar, secretsOf } from "./judge.ts";
import { KEYS_FILE } from "./original.ts";
import { choosePackage, type Package } from "./package-choice.ts";
import { filesOf, nodePackageFor, type Plan } from "./repository.ts";

/** Where the command runs. */
export interface Surroundings {
  /** This package. */
  readonly own: Package;
  readonly currentFolder: string;
  /** Node's version on this machine: `20.20.2`. */
  readonly node: string;
  /** Of this machine, as Node names it: `linux-x64`. */
  readonly platform: string;
  /** Asks at a terminal; `undefined` where there is none. */
  readonly ask: ((questions: readonly Question[]) => Promise<Answers>) | undefined;
  print(text: string): void;
}

const NAME = "oidc-proxy";
/** Of every new worker: a token of GitHub's ends after five minutes, jobs last longer. */
const defaults: Answers = { vars: { MAX_TOKEN_AGE_SECONDS: "1200" } };

/**
 * `oidc-proxy init`: a repository of one's own. Nothing is written before everything is known and judged.
 * @throws InitError if it cannot be done as it was asked for.
 */
export async function init(args: readonly string[], surroundings: Surroundings): Promise<void> {
  const { own, currentFolder, node, platform, print } = surroundings;
  const flags = readFlags(args);
  if (flags.help) return print(usage(own.name));
  const chosen = choosePackage(flags.package, own, currentFolder);
  const folder = resolve(currentFolder, flags.folder);
  const before = known(flags, folder, surroundings);
  const answers = await complete(flags.answers, before.answers, surroundings);
  const { faults, warnings } = judge(answers);
  if (faults.length > 0) throw nothingWritten(faults);
  const plan: Plan = {
    ...answers,
    name: answers.name ?? NAME,
    secrets: secretsOf(answers.vars),
    package: { name: own.name, spec: chosen.spec, node: isTooOld(node) ? nodePackageFor(platform) : undefined },
  };
  const tarball = chosen.tarball && { [chosen.tarball.name]: readBytes(chosen.tarball.path) };
  const outcome = writeFiles(folder, { ...filesOf(plan), ...tarball });
  print(report(plan, outcome, folder));
  print(next(plan, relative(currentFolder, folder), before.deploy));
  if (isTooOld(node) && plan.package.node === undefined) print("Note: wrangler needs Node 22.12 or newer");
  for (const warning of warnings) print(`Note: ${warning}`);
}

const MIGRATE = "https://github.com/-org-/oidc-proxy/blob/main/docs/migrate.md";

/** What holds where nobody says otherwise, and how it is deployed where its secrets are there already. */
interface Known {
  readonly answers: Answers;
  readonly deploy?: string;
}

/** Who moves over has no default of ours: what the old worker did not set, it meant as it was. */
function known({ from, answers }: Flags, folder: string, { currentFolder, print }: Surroundings): Known {
  if (from === undefined) return { answers: defaults };
  const original = answersFromOriginal(resolve(currentFolder, from), folder, answers.vars);
  for (const note of original.notes) print(`${basename(from)}: ${note}`);
  const { migrations: _, stubs: __, ...others } = original.answers;
  const { name } = original.answers;
  const isAnother = name !== undefined && answers.name !== undefined && answers.name !== name;
  const secrets = isAnother
    ? "A worker of another name has neither the old one's secrets nor its classes."
    : "The secrets that the worker of this name has at Cloudflare stay as they are.";
  print(`${secrets} The whole way, and the way back: ${MIGRATE}\n`);
  if (isAnother) return { answers: others };
  const deploy = original.hasKeyInVars ? `npx wrangler deploy --secrets-file ${KEYS_FILE}` : "npx wrangler deploy";
  return { answers: original.answers, deploy };
}

/** Asks what is missing, if there is somebody to ask. */
async function complete(given: Answers, before: Answers, { ask }: Surroundings): Promise<Answers> {
  const known = mergeAnswers(given, before);
  const missing = missingFrom(known);
  if (missing.length === 0) return inOrder(known);
  const faults = [...judgeSoFar(known, missing)];
  if (ask && faults.length === 0) return inOrder(mergeAnswers(await ask(missing), known));
  if (!ask) {
    const flags = missing.map((question) => (question === "upstream" ? "--preset or --upstream" : `--${question}`));
    faults.push(`these must be given, as there is no terminal to ask at: ${flags.join(", ")}. --help says more`);
  }
  throw nothingWritten(faults);
}

const nothingWritten = (faults: readonly string[]) => new InitError(`nothing is written:\n  ${faults.join("\n  ")}`);

/** In which variables are written, whoever said which. */
const ORDER = [
  "OIDC_AUDIENCE",
  "ALLOWED_REPOS",
  "ALLOWED_REFS",
  "MAX_TOKEN_AGE_SECONDS",
  "ENFORCE_TOKEN_EXPIRY",
  "ROUTES",
];

function inOrder(answers: Answers): Answers {
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const entries = Object.entries(answers.vars).filter(([, value]) => value !== "");
  return { ...answers, vars: Object.fromEntries(entries.sort(([a], [b]) => place(a) - place(b))) };
}

/** Wrangler needs 22.12. */
function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 22 || (major === 22 && minor < 12);
}

function report({ package: { name, spec } }: Plan, { written, kept }: Outcome, folder: string): string {
  const lines = [...written.map((path) => `  written  ${path}`), ...kept.map((path) => `  as it was  ${path}`)];
  const notes = [
    ...(kept.includes("package.json") ? [`package.json was there: npm install ${name}@${spec}, and wrangler`] : []),
    ...(kept.includes("src/index.ts") ? [`src/index.ts was there: see that it exports what ${name} does`] : []),
    ...(kept.includes(".gitignore")
      ? [".gitignore was there: see that it has .dev.vars*, .env*, .wrangler/ and node_modules/"]
      : []),
    ...(kept.includes("wrangler.jsonc") ? ["wrangler.jsonc was there: nothing that you said here is in it"] : []),
    ...(isThere(folder, "wrangler.json")
      ? ["wrangler.json is there, and wrangler reads it instead of wrangler.jsonc"]
      : []),
    ...(isThere(folder, "wrangler.toml") ? ["wrangler.toml is there, and wrangler does not read it any more"] : []),
  ];
  return `${lines.join("\n")}\n\n${notes.map((note) => `${note}\n`).join("")}`;
}

function next({ secrets }: Plan, place: string, deploy: string | undefined): string {
  const enter = place === "" ? [] : [`cd ${/^[\w./-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`}`];
  const deploying = [...secrets.map((secret) => `npx wrangler secret put ${secret}`), "npx wrangler deploy"];
  const lines = [...enter, "npm install", ...(deploy === undefined ? deploying : [deploy])];
  return `Next, and README.md says more:\n\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
