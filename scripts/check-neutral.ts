/**
 * The published packages promise to run on any runtime with web standards. Bundle every entry of theirs as a browser would have
 * to, and fail on whatever does not resolve there: `node:` modules, Workers modules, forgotten dependencies.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const packages = ["oidc-verify", "token-limiter", "proxy-core"];

for (const name of packages) {
  const folder = new URL(`../packages/${name}/`, import.meta.url);
  const { publishConfig } = JSON.parse(await readFile(new URL("package.json", folder), "utf8"));
  const entries: [string, { default: string }][] = Object.entries(publishConfig.exports);
  for (const [entry, { default: file }] of entries) {
    await build({
      entryPoints: [fileURLToPath(new URL(file, folder))],
      bundle: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["import", "default"],
      write: false,
      logLevel: "error",
    });
    console.log(`@org/${name}${entry.slice(1)} is neutral`);
  }
}
