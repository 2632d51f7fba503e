#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { explainToken, type Finding } from "./explain-token.ts";
import { GITHUB_ISSUER, readIssuer } from "./issuers.ts";
import { createKeyResolver, type KeyResolver } from "./keys.ts";
import { readTrustRules, type TrustRule, type TrustRules } from "./trust.ts";

const USAGE = `Usage: oidc-verify explain <token|-> [options]

Says of a GitHub Actions OIDC token what passes, what fails, and why. "-" reads the token from standard input, which keeps it
out of the shell's history and the list of processes. The token itself is never printed.

  --audience <value>        what the token's aud must contain; repeated: one of them
  --rule <claim=value>      whom to trust; repeated: all claims must match, of one claim's values any
  --issuer <url>            default ${GITHUB_ISSUER}
  --max-age-seconds <n>     judge the age by iat instead of exp
  --enforce-expiry          with --max-age-seconds: judge exp too
  --jwks <file>             the issuer's keys; nothing is fetched

Exit status: 0 if nothing fails, 1 if anything does, 2 for a wrong command line.`;

/** A command line that cannot be meant. Its text never quotes an argument: any may be the token. */
class UsageError extends Error {}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(argv);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [command, given, ...more] = positionals;
  if (command !== "explain" || !given || more.length > 0) throw new UsageError("give: explain, and one token or -");
  if (Object.values(values).flat().some(looksLikeToken)) throw new UsageError("an option's value is a token");
  const age = values["max-age-seconds"];
  if (age !== undefined && !/^[1-9]\d{0,8}$/.test(age)) throw new UsageError("--max-age-seconds: a positive integer");
  const options = {
    audiences: values.audience ?? [],
    trust: readTrust(values.rule ?? []),
    maxAgeSeconds: age === undefined ? undefined : Number(age),
    enforceExpiry: values["enforce-expiry"] ?? false,
    keys: await readKeys(readIssuer(values.issuer ?? GITHUB_ISSUER), values.jwks),
    nowMs: Date.now(),
  };
  const token = given === "-" ? (await text(process.stdin)).trim() : given;
  return report(await explainToken({ token, ...options }));
}

function parseCommandLine(args: string[]) {
  const options = {
    audience: { type: "string", multiple: true },
    rule: { type: "string", multiple: true },
    issuer: { type: "string" },
    "max-age-seconds": { type: "string" },
    "enforce-expiry": { type: "boolean" },
    jwks: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch {
    throw new UsageError("an unknown option, or one without its value");
  }
}

/** Values of options are printed, in messages and as what was expected. */
function looksLikeToken(value: string | boolean): boolean {
  return typeof value === "string" && /eyJ[\w-]{8,}\.[\w-]{8,}/.test(value);
}

function readTrust(pairs: readonly string[]): TrustRules | undefined {
  if (pairs.length === 0) return undefined;
  const rule = new Map<string, string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError("--rule: claim=value");
    const claim = pair.slice(0, at);
    rule.set(claim, [...(rule.get(claim) ?? []), pair.slice(at + 1)]);
  }
  return readTrustRules([Object.fromEntries(rule) as TrustRule]);
}

async function readKeys(issuer: string, path: string | undefined): Promise<KeyResolver> {
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

const MARKS = { pass: "✓ pass", fail: "✗ FAIL", skip: "- skip", info: "" } as const;

function report(findings: readonly Finding[]): number {
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

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A TypeError is an issuer or a rule that cannot be meant.
  if (!(error instanceof UsageError || error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
