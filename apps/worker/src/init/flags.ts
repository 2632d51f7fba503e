import { parseArgs } from "node:util";
import { type Answers, InitError } from "./answers.ts";
import { didYouMean, presetNames, upstreamVars } from "./upstreams.ts";

/** Each may be given several times, so that it shows. */
const text = { type: "string", multiple: true } as const;
const LISTS = ["audience", "repos", "refs", "preset"];
const options = {
  audience: text,
  repos: text,
  refs: text,
  preset: text,
  upstream: text,
  "auth-header": text,
  "auth-prefix": text,
  name: text,
  from: text,
  package: text,
  help: { type: "boolean", short: "h" },
} as const;

export const usage = (packageName: string): string => `\
Usage: oidc-proxy init [folder] [options]

Makes a repository of your own for the worker: what is there already stays as it is. What must be known and is not given is asked, at a
terminal; without one that is an error.

  --audience <list>       what your workflow asks its token for: a word, or one of several
  --repos <list>          who may call: owner/repo or owner/*, with commas or several times; '*' is any on GitHub
  --preset <list>         the API: ${presetNames.slice(0, 4).join(", ")},
                          ${presetNames.slice(4).join(", ")}; of several, each has a path of its own
  --upstream <url>        the address of an API without a preset, or your own with azure-openai
  --auth-header <name>    with --upstream: the header for the key (default: Authorization)
  --auth-prefix <text>    with --upstream: what stands before the key, with the blank: 'Bearer '
  --refs <list>           from these refs only: refs/heads/main, refs/tags/v*
  --name <name>           the worker's name, and the first word of its address (default: oidc-proxy)
  --from <file>           the configuration of goose's oidc-proxy, wrangler.toml or wrangler.json(c), as the answers; options win
  --package <what>        a tarball, which is put into the folder, or a version of ${packageName} (default: this one)
  --help
`;

export interface Flags {
  readonly folder: string;
  readonly help: boolean;
  readonly from: string | undefined;
  readonly package: string | undefined;
  readonly answers: Answers;
}

/**
 * What the command line says.
 * @throws InitError for an option that is none, and for what does not go together.
 */
export function readFlags(args: readonly string[]): Flags {
  const { values, positionals } = parse(args);
  const [folder = ".", ...more] = positionals;
  if (more.length > 0)
    throw new InitError(`one folder, not also ${more.join(" ")}: a list stands in one word, or with commas`);
  if (folder.trim() === "") throw new InitError("the folder is empty: name one, or leave it out for this one");
  for (const [flag, value] of Object.entries(values)) {
    if (typeof value === "boolean") continue;
    // As a script writes it whose variable is not set: to leave it out would be to let in any ref.
    if (flag !== "auth-prefix" && value.every(isEmpty))
      throw new InitError(`--${flag} is empty: say something, or leave it out`);
    if (value.length > 1 && !LISTS.includes(flag)) throw new InitError(`--${flag} is given twice: say it once`);
  }
  const presets = itemsOf(values.preset);
  const [name] = values.name ?? [];
  const given = {
    OIDC_AUDIENCE: oneList(values.audience),
    ALLOWED_REPOS: oneList(values.repos),
    ALLOWED_REFS: oneList(values.refs),
  };
  const upstream = {
    presets,
    upstream: values.upstream?.[0],
    authHeader: values["auth-header"]?.[0],
    authPrefix: values["auth-prefix"]?.[0],
  };
  const vars = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    folder,
    help: values.help ?? false,
    from: values.from?.[0],
    package: values.package?.[0],
    answers: { ...(name !== undefined && { name }), vars: { ...vars, ...upstreamVars(upstream) } },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, unknown] = (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" && /'(-[^'=]*)/.exec(message)) || [];
    if (unknown === undefined) throw new InitError(message, { cause: error });
    throw new InitError(
      `there is no option ${unknown}${didYouMean(unknown.replace(/^-+/, ""), Object.keys(options))} --help lists them`,
    );
  }
}

const isEmpty = (value: string) => itemsOf([value]).length === 0;

/** However it was given, as one reads it best. */
const oneList = (lists: readonly string[] | undefined) => lists && itemsOf(lists).join(", ");

const itemsOf = (lists: readonly string[] = []) =>
  lists.flatMap((list) => list.split(",").map((item) => item.trim())).filter((item) => item !== "");
