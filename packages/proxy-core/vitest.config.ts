import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const include = ["src/**/*.test.ts"];

// The same tests in both runtimes: the package promises to behave alike in each.
export default defineConfig({
  test: {
    projects: [
      { test: { name: "node", include: [...include, "test/**/*.test.ts"] } },
      {
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-08-01" } })],
        test: { name: "workerd", include },
      },
    ],
  },
});
