import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["src/tarballs.ts"],
    maxWorkers: 2,
    maxConcurrency: 2,
    // Installers, compilers and browsers take their time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
