import { parseArgs } from "node:util";
import { createIssuer } from "@org/oidc-verify/testing";
import { DEFAULT_PORTS } from "./ports.ts";
import { callerFor, loadDevVars, readSettings } from "./settings.ts";
import { openStageFolder } from "./stage-folder.ts";

const USAGE = `Print a token as GitHub would issue it, signed by the local stage's key.

  npx --yes pnpm@12.21.0 --silent mint [options]

  --repo <owner/repo>   the calling repository       default: one that the stage allows
  --ref <ref>           the full ref                 default: one that the stage allows
  --audience <value>    may be given more than once  default: the one that the stage expects
  --age <seconds>       issued so long ago           default: 0
  --ttl <seconds>       expires so long after that   default: 300
  --claim <name=value>  any other claim; may be given more than once; \`--claim name\` leaves the claim out
  --dir <folder>        the stage's folder           default: apps/local/.stage
  --dev-vars <file>     settings, if no stage runs   default: apps/worker/.dev.vars
`;

try {
  const options = readOptions();
  process.stdout.write(options.help ? USAGE : `${await mint(options)}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      repo: { type: "string" },
      ref: { type: "string" },
      audience: { type: "string", multiple: true },
      age: { type: "string", default: "0" },
      ttl: { type: "string", default: "300" },
      claim: { type: "string", multiple: true, default: [] },
      dir: { type: "string" },
      "dev-vars": { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return values;
}

async function mint(options: ReturnType<typeof readOptions>): Promise<string> {
  const { repo, ref, audience, age, ttl, claim } = options;
  if (repo !== undefined && !/^[^/]+\/[^/]+$/.test(repo)) throw new TypeError("--repo must be owner/repo");
  const iat = Math.floor(Date.now() / 1000) - readSeconds("--age", age);
  const exp = iat + readSeconds("--ttl", ttl);
  const claims = Object.fromEntries(claim.map(readClaim));
  const folder = openStageFolder(options.dir);
  const stage = folder.readNote() ?? futureStage(options["dev-vars"]);
  const issuer = await createIssuer({ issuer: stage.issuer, key: await folder.signingKey() });
  const [first = stage.audience, ...others] = audience ?? [];
  const aud = others.length > 0 ? [first, ...others] : first;
  return issuer.mint({ iat, exp, aud, repository: repo ?? stage.repository, ref: ref ?? stage.ref, ...claims });
}

/** With no stage running: the one that the next start will make, if its ports are free. */
function futureStage(devVarsFile: string | undefined) {
  loadDevVars(devVarsFile);
  return { ...callerFor(readSettings()), issuer: `http://127.0.0.1:${DEFAULT_PORTS.issuer}` };
}

function readSeconds(option: string, text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new TypeError(`${option} must be a whole number of seconds`);
  return Number(text);
}

/** A value is text, as GitHub's are, but for the three times. */
function readClaim(text: string): [string, string | number | undefined] {
  const [, name, value] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined) throw new TypeError("--claim must be name=value");
  return [name, value !== undefined && ["iat", "nbf", "exp"].includes(name) ? Number(value) : value];
}
