import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const include = ["src/**/*.test.ts"];
/** Tests of what only Node has: the command, and other runtimes as processes. */
const nodeOnly = ["src/cli.test.ts", "test/**/*.test.ts"];

// The same tests in both runtimes: the package promises to behave alike in each.
/** A busy machine is slow, not wrong. */
const patient = { testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", ...patient, include: [...include, ...nodeOnly] } },
      {
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-08-01" } })],
        test: { name: "workerd", ...patient, include, exclude: nodeOnly },
      },
    ],
  },
});
