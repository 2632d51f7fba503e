import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const include = ["src/**/*.test.ts"];

// The same tests in both runtimes: the package promises to behave alike in each.
/** A busy machine is slow, not wrong. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", ...patient, include } },
      {
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-08-01" } })],
        test: { name: "workerd", ...patient, include },
      },
    ],
  },
});
