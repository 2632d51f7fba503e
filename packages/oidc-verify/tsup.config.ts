import { defineConfig, type Options } from "tsup";

const shared: Options = { format: "esm", target: "es2022", dts: false, sourcemap: true };

export default defineConfig([
  { ...shared, entry: ["src/index.ts"], platform: "neutral" },
  // By itself: what the main entry is made of must not depend on it.
  { ...shared, entry: ["src/testing.ts"], platform: "neutral" },
  { ...shared, entry: ["src/cli.ts"], platform: "node" },
]);
