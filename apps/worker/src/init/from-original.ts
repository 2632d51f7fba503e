import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type Answers, InitError } from "./answers.ts";
import { readBytes } from "./disk.ts";
import { readOriginal } from "./original.ts";

/**
 * What the configuration of goose's `oidc-proxy` answers, and what of it is to be told.
 * @param path - Its file, resolved.
 * @param folder - Where the new worker will be, resolved.
 * @param said - What was said beside it, which wins.
 * @throws InitError if it cannot be taken over as it is.
 */
export function answersFromOriginal(
  path: string,
  folder: string,
  said: Answers["vars"],
): { answers: Answers; notes: readonly string[]; hasKeyInVars: boolean } {
  const file = basename(path);
  if (whereIs(dirname(path)) === whereIs(resolve(folder))) {
    throw new InitError(`give the new worker a folder of its own: the one with ${file} stays, to go back to`);
  }
  const upstream = said.ROUTES === undefined ? [] : ["UPSTREAM_URL", "UPSTREAM_AUTH_HEADER", "UPSTREAM_AUTH_PREFIX"];
  const text = new TextDecoder().decode(readBytes(path));
  const { answers, notes, faults, hasKeyInVars } = readOriginal(
    file,
    text,
    new Set([...Object.keys(said), ...upstream]),
  );
  if (faults.length > 0) throw new InitError(`nothing is written. ${file}:\n  ${faults.join("\n  ")}`);
  return { answers, notes, hasKeyInVars };
}

/** Whatever links lead there. */
const whereIs = (folder: string) => (existsSync(folder) ? realpathSync(folder) : folder);
