#!/usr/bin/env node
import { text } from "node:stream/consumers";
import {
  POLICY_OPTIONS,
  parseCommandLine,
  printExplanation,
  readKeys,
  readPolicy,
  runCommand,
  UsageError,
} from "./explain-command.ts";
import { GITHUB_ISSUER } from "./issuers.ts";
import { readTrustRules } from "./trust.ts";

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

await runCommand(USAGE, async () => {
  const { values, positionals } = parseCommandLine(process.argv.slice(2), POLICY_OPTIONS);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [command, given, ...more] = positionals;
  if (command !== "explain" || !given || more.length > 0) throw new UsageError("give: explain, and one token or -");
  const { audiences = [], rule, issuer = GITHUB_ISSUER, maxAgeSeconds, enforceExpiry = false } = readPolicy(values);
  const options = {
    audiences,
    trusts: rule ? [{ name: "trust", rules: readTrustRules([rule]) }] : [],
    maxAgeSeconds,
    enforceExpiry,
    keys: await readKeys(issuer, values.jwks),
    nowMs: Date.now(),
  };
  const token = given === "-" ? (await text(process.stdin)).trim() : given;
  return printExplanation({ token, ...options });
});
