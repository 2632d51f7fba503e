import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What the package may weigh with jose, minified and compressed. */
const LIMIT_BYTES = 12 * 1024;

const { outputFiles } = await build({
  stdin: { contents: 'export * from "./src/index.ts"', resolveDir: `${import.meta.dirname}/..` },
  bundle: true,
  minify: true,
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  target: "es2022",
  write: false,
});
const minified = outputFiles[0]?.contents ?? new Uint8Array();
const size = gzipSync(minified, { level: 9 }).length;
console.log(`everything, with jose: ${minified.length} bytes minified, ${size} bytes with gzip (limit ${LIMIT_BYTES})`);
if (minified.length === 0 || size > LIMIT_BYTES) process.exitCode = 1;
