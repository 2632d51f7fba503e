import { text } from "node:stream/consumers";
import { type Config, readConfig } from "@org/oidc-proxy/src/config.ts";
import { isTellable, secretsNamedBy } from "@org/oidc-proxy/src/route-rules.ts";
import { readTrustRules } from "@org/oidc-verify";
import {
  POLICY_OPTIONS,
  parseCommandLine,
  printExplanation,
  readKeys,
  readPolicy,
  runCommand,
  UsageError,
} from "@org/oidc-verify/explain";
import { deployedSettings } from "./deployed-settings.ts";
import { layer } from "./settings.ts";

const USAGE = `Say of a GitHub Actions OIDC token whether the worker would accept it: what passes, what fails, and why.

  npx --yes pnpm@12.21.0 explain - < token

The token comes from standard input alone, as arguments are printed and kept, and is never printed. Issuer, audience, age and trust
are those of the worker: of wrangler.jsonc, and over it those of these options:

  --audience <value>        what the token's aud must contain; repeated: one of them
  --rule <claim=value>      whom to trust, on every route; repeated: all claims must match, of one claim's values any
  --issuer <url>
  --max-age-seconds <n>     judge the age by iat instead of exp
  --enforce-expiry          judge exp too
  --jwks <file>             the issuer's keys; nothing is fetched
  --config <file>           the worker's configuration; default: apps/worker/wrangler.jsonc

Exit status: 0 if nothing fails, 1 if anything does, 2 for a wrong command line.
`;

type Stated = ReturnType<typeof readPolicy>;

/** What the worker is told, over it what the options say; every key that it needs is set to something, as no key has a say here. */
function settingsFor(
  file: string | undefined,
  stated: Stated,
): { settings: Record<string, unknown>; faults: string[]; warnings: string[] } {
  const { source, vars, secrets: required, faults } = deployedSettings(file);
  console.log(`Settings of ${source}\n`);
  const settings = layer<unknown>(vars, variablesOf(stated));
  const named = [...secretsNamedBy(settings)];
  const secrets = Object.fromEntries(named.map((name) => [name, "key"]));
  const unlisted = named.filter((name) => required?.includes(name) === false);
  return {
    settings: { ...secrets, ...settings, UPSTREAM_API_KEY: "key" },
    faults,
    warnings: unlisted.map(notRequired),
  };
}

const notRequired = (name: string): string =>
  `ROUTES names the secret ${isTellable(name) ? name : "(not in the form of a name)"}, secrets.required does not`;

function variablesOf({ audiences, rule, issuer, maxAgeSeconds, enforceExpiry }: Stated): Record<string, unknown> {
  return {
    ...(audiences && { OIDC_AUDIENCE: audiences.join(",") }),
    ...(rule && { TRUST_POLICY: [rule] }),
    ...(issuer && { OIDC_ISSUER: issuer }),
    ...(maxAgeSeconds && { MAX_TOKEN_AGE_SECONDS: maxAgeSeconds }),
    ...(enforceExpiry && { ENFORCE_TOKEN_EXPIRY: "true" }),
  };
}

/** Whom the routes trust: each trust once, by the routes that have it. */
function trustsOf(routes: Config["routes"]) {
  return [...Map.groupBy(routes, ({ trust }) => trust)].map(([trust, sharing]) => ({
    name: sharing.length === routes.length ? "trust" : `trust of ${placesOf(sharing)}`,
    rules: readTrustRules(trust),
  }));
}

const placesOf = (routes: Config["routes"]) =>
  routes.map(({ host = "", prefix = "" }) => `${host}${prefix}` || "/").join(", ");

function printFaults(faults: readonly string[]): 1 {
  console.log(`Refused: the configuration has faults.\n\n${faults.join("\n")}`);
  return 1;
}

// At the end: whatever is declared above is there now.
await runCommand(USAGE, async () => {
  const { values, positionals } = parseCommandLine(process.argv.slice(2), {
    ...POLICY_OPTIONS,
    config: { type: "string" },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (positionals.length !== 1 || positionals[0] !== "-") {
    throw new UsageError("give the token on standard input: explain - < token");
  }
  const stated = readPolicy(values);
  const ruled = stated.rule && readTrustRules([stated.rule]);
  const { settings, faults: unseen, warnings } = settingsFor(values.config, stated);
  const { config, faults = [] } = readConfig(settings);
  if (!config || unseen.length > 0) return printFaults([...unseen, ...faults]);
  for (const warning of [...warnings, ...config.warnings]) console.log(`warning  ${warning}\n`);
  return printExplanation({
    token: (await text(process.stdin)).trim(),
    audiences: config.audience,
    trusts: ruled ? [{ name: "trust", rules: ruled }] : trustsOf(config.routes),
    maxAgeSeconds: config.maxAgeSeconds,
    enforceExpiry: config.enforceExpiry,
    keys: await readKeys(config.issuer, values.jwks),
    nowMs: Date.now(),
  });
});
