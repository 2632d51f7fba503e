import { defineConfig } from "vitest/config";

// Each file runs its own stage, and waits more than it computes: a few at once, with patience for a busy machine.
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
