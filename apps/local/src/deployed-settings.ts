import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { repeatedNames } from "@org/oidc-proxy/src/init/repeated-names.ts";
import { UsageError } from "@org/oidc-verify/explain";
import { type ParseError, parse } from "jsonc-parser";
import { unstable_readConfig } from "wrangler";
import { workerDir } from "./settings.ts";

const DEFAULT_FILE = fileURLToPath(new URL("wrangler.jsonc", workerDir));

/** A parser's own message may quote what stands there. */
function placeOfFault(text: string): string {
  const faults: ParseError[] = [];
  parse(text, faults, { allowTrailingComma: true });
  const [fault] = faults;
  return text === "" || fault === undefined ? "" : `: see line ${text.slice(0, fault.offset).split("\n").length}`;
}

/**
 * The variables with which a configuration of wrangler's deploys the worker.
 * @param file - Default: that of apps/worker.
 * @throws UsageError if it cannot be read.
 */
export function deployedSettings(file: string = DEFAULT_FILE): {
  /** The file's name, to be shown. */
  source: string;
  vars: Record<string, unknown>;
  /** The secrets that it says are needed, if it says so. */
  secrets: readonly string[] | undefined;
  /** What the worker cannot see. */
  faults: string[];
} {
  let text = "";
  let vars: Record<string, unknown>;
  let secrets: readonly string[] | undefined;
  try {
    text = readFileSync(file, "utf8"); // a name without a known ending is no configuration to wrangler, and no error
    const config = unstable_readConfig({ config: file });
    vars = config.vars;
    secrets = config.secrets?.required;
  } catch {
    const subject = file === DEFAULT_FILE ? "apps/worker/wrangler.jsonc" : "--config";
    throw new UsageError(`${subject}: no configuration that wrangler can read${placeOfFault(text)}`);
  }
  const repeated = file.endsWith(".toml") ? [] : repeatedNames(text); // TOML knows no such thing
  const faults = repeated.map((name) => `${name} is given twice in one object: wrangler takes the last`);
  return { source: relative(process.cwd(), file), vars, secrets, faults };
}
