import { defineConfig } from "vitest/config";

// Each file runs its own stage, and waits more than it computes: a few at once, with patience for a busy machine.
const patient = { maxWorkers: 2, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "local", ...patient, include: ["src/**/*.test.ts"], exclude: ["**/*.long.test.ts"] } },
      // Not part of the plain test: real clients wait in real time, and on a starved machine one may be late for both its turns.
      { test: { name: "long", ...patient, retry: 1, include: ["src/**/*.long.test.ts"], maxConcurrency: 8 } },
    ],
  },
});
