import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/conformance.ts"],
  format: "esm",
  platform: "neutral",
  target: "es2022",
  dts: false,
  sourcemap: true,
});
