import { defineConfig } from "vitest/config";

// Each file runs its own stage: one after the other, with patience for a busy machine.
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
