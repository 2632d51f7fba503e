import { readFile } from "node:fs/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type ExplainOptions, explainToken, type Finding } from "./explain-token.ts";
import { readIssuer } from "./issuers.ts";
import { createKeyResolver, type KeyResolver } from "./keys.ts";
import type { TrustRule } from "./trust.ts";

/** A command line that cannot be meant. Its text never quotes an argument: any may be the token. */
export class UsageError extends Error {}

/** What may be said on the command line about whom to trust. */
export const POLICY_OPTIONS = {
  audience: { type: "string", multiple: true },
  rule: { type: "string", multiple: true },
  issuer: { type: "string" },
  "max-age-seconds": { type: "string" },
  "enforce-expiry": { type: "boolean" },
  jwks: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

type ParsedCommandLine<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: O }>
>;

/** @throws UsageError */
export function parseCommandLine<O extends ParseArgsOptionsConfig>(args: string[], options: O): ParsedCommandLine<O> {
  let parsed: ParsedCommandLine<O>;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options });
  } catch {
    throw new UsageError("an unknown option, or one without its value");
  }
  // Values of options are printed, in messages and as what was expected.
  if (Object.values(parsed.values).flat().some(looksLikeToken)) throw new UsageError("an option's value is a token");
  return parsed;
}

const looksLikeToken = (value: unknown): boolean => typeof value === "string" && /eyJ[\w-]{8,}\.[\w-]{8,}/.test(value);

/** The policy that the options name; what is absent was not said. */
export interface StatedPolicy {
  readonly audiences?: readonly string[];
  readonly rule?: TrustRule;
  readonly issuer?: string;
  readonly maxAgeSeconds?: number;
  readonly enforceExpiry?: true;
}

/** @throws UsageError, or TypeError for an issuer that is none */
export function readPolicy(values: Partial<ParsedCommandLine<typeof POLICY_OPTIONS>["values"]>): StatedPolicy {
  const { audience, rule, issuer, "max-age-seconds": age, "enforce-expiry": enforceExpiry } = values;
  if (age !== undefined && !/^[1-9]\d{0,8}$/.test(age)) throw new UsageError("--max-age-seconds: a positive integer");
  return {
    ...(audience && { audiences: audience }),
    ...(rule && { rule: readRule(rule) }),
    ...(issuer !== undefined && { issuer: readIssuer(issuer) }),
    ...(age !== undefined && { maxAgeSeconds: Number(age) }),
    ...(enforceExpiry && { enforceExpiry }),
  };
}

function readRule(pairs: readonly string[]): TrustRule {
  const rule = new Map<string, string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError("--rule: claim=value");
    const claim = pair.slice(0, at);
    rule.set(claim, [...(rule.get(claim) ?? []), pair.slice(at + 1)]);
  }
  return Object.fromEntries(rule) as TrustRule;
}

/**
 * The issuer's keys, from a file if one is named.
 * @throws UsageError
 */
export async function readKeys(issuer: string, path: string | undefined): Promise<KeyResolver> {
  if (path === undefined) return createKeyResolver({ issuer });
  const keys = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--jwks: cannot be read (${error.code})`);
  });
  if (!isJson(keys)) throw new UsageError("--jwks: no JSON");
  // The file stands in for the issuer: who asks where the keys are is told where they would be.
  const address = `${issuer}/.well-known/jwks`;
  const discovery = JSON.stringify({ issuer, jwks_uri: address });
  return createKeyResolver({ issuer, fetch: async (url) => new Response(url === address ? keys : discovery) });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const MARKS = { pass: "✓ pass", fail: "✗ FAIL", miss: "- miss", skip: "- skip", info: "" } as const;

/**
 * Print all that passes and fails, and what it comes to.
 * @returns the exit status: 0 if nothing fails, else 1
 */
export async function printExplanation(options: ExplainOptions): Promise<0 | 1> {
  const findings = await explainToken(options);
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { verdict, what, why } of findings) {
    console.log(`${MARKS[verdict].padEnd(6)}  ${what.padEnd(width)}  ${why}`.trimEnd());
  }
  const named = (wanted: Finding["verdict"]) =>
    findings.filter(({ verdict }) => verdict === wanted).map(({ what }) => what);
  const failed = named("fail");
  const skipped = named("skip");
  const unchecked = skipped.length > 0 ? ` Not checked: ${skipped.join(", ")}.` : "";
  console.log(`\n${failed.length > 0 ? `Refused: ${failed.join(", ")}.` : "Nothing fails."}${unchecked}`);
  return failed.length > 0 ? 1 : 0;
}

/** Run a command and set the exit status; a wrong command line is told with the usage, without a stack. */
export async function runCommand(usage: string, command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    // A TypeError is an issuer or a rule that cannot be meant.
    if (!(error instanceof UsageError || error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}
