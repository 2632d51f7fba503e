import { defineConfig, type Options } from "tsup";

const shared: Options = { format: "esm", target: "es2022", dts: false, sourcemap: true, splitting: false };

/** Runs in workerd. Readable: who deploys it has wrangler make it small. */
const inWorkerd: Options = { ...shared, platform: "neutral", external: ["cloudflare:workers"] };

export default defineConfig([
  // Whole, so that who guards a key installs one package.
  { ...inWorkerd, entry: ["src/worker.ts"], noExternal: [/^(?!cloudflare:)/] },
  // The three packages stay imports: an error of theirs is told by its class, which must be the one that the importer has.
  { ...inWorkerd, entry: ["src/compose.ts"], noExternal: [/^(?!@org\/|cloudflare:)/] },
  { ...shared, entry: ["src/cli.ts"], platform: "node", noExternal: [/.*/] },
]);
