/** What the new worker is to be, as far as it is known: by flags, by a file, by questions. */
export interface Answers {
  /** The worker's name at Cloudflare, and the first word of its address. Default: `oidc-proxy`. */
  readonly name?: string;
  /** The worker's variables by name, in the order in which they are written; an empty string means unset. No secret is among them. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** By variable: what the written file says above it, in place of what it would say by itself. */
  readonly comments?: Readonly<Record<string, string>>;
  /** Settings of wrangler's beside those that every worker of ours has: `account_id`, `routes`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Migrations that stand before ours: those that a worker of this name has behind it. */
  readonly migrations?: readonly object[];
  /** Classes of Durable Objects that `src/index.ts` exports beside ours, empty: those that a worker of this name has at Cloudflare. */
  readonly stubs?: readonly string[];
}

/** What cannot be done as it was asked for: the text says what to change. */
export class InitError extends Error {
  override readonly name = "InitError";
}

/** Of two that say the same, the first is right. What stands in for the other (`ROUTES` for `UPSTREAM_…`) takes its place. */
export function mergeAnswers(first: Answers, second: Answers): Answers {
  const isReplaced = (name: string) =>
    (isSet(first.vars.ROUTES) && name.startsWith("UPSTREAM_")) || (isSet(first.vars.UPSTREAM_URL) && name === "ROUTES");
  const kept = Object.entries(second.vars).filter(([name]) => !isReplaced(name));
  return { ...second, ...first, vars: { ...Object.fromEntries(kept), ...first.vars } };
}

/** What has no default, by the flag that says it. */
export function missingFrom({ vars }: Answers): Question[] {
  const isMissing: Record<Question, boolean> = {
    audience: !isSet(vars.OIDC_AUDIENCE),
    repos: !isSet(vars.ALLOWED_REPOS) && !isSet(vars.TRUST_POLICY),
    upstream: !isSet(vars.UPSTREAM_URL) && !isSet(vars.ROUTES),
  };
  return questions.filter((question) => isMissing[question]);
}

/** What must be answered: there is no default for whom to trust. */
const questions = ["audience", "repos", "upstream"] as const;
export type Question = (typeof questions)[number];

const isSet = (value: unknown) => value !== undefined && value !== "";
