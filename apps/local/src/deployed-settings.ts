import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "@org/oidc-verify/explain";
import { repeatedNames } from "worker/outside/repeated-names.ts";
import { unstable_readConfig } from "wrangler";
import { workerDir } from "./settings.ts";

/**
 * The variables with which a configuration of wrangler's deploys the worker.
 * @param file - Default: that of apps/worker.
 * @throws UsageError if it cannot be read.
 */
export function deployedSettings(file: string = fileURLToPath(new URL("wrangler.jsonc", workerDir))): {
  /** The file's name, to be shown. */
  source: string;
  vars: Record<string, unknown>;
  /** What the worker cannot see. */
  faults: string[];
} {
  let text: string;
  let vars: Record<string, unknown>;
  try {
    text = readFileSync(file, "utf8"); // a name without a known ending is no configuration to wrangler, and no error
    vars = unstable_readConfig({ config: file }).vars;
  } catch {
    throw new UsageError("--config: no configuration that wrangler can read");
  }
  const repeated = file.endsWith(".toml") ? [] : repeatedNames(text); // TOML knows no such thing
  const faults = repeated.map((name) => `${name} is given twice in one object: wrangler takes the last`);
  return { source: relative(process.cwd(), file), vars, faults };
}
