import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startScriptedUpstream } from "./test/scripted-upstream.ts";

// The same tests in both runtimes: the package promises to behave alike in each. Those in `test` run in Node, and bare
// workerd beside it, for what only shows in the bytes of a connection.
const include = ["src/**/*.test.ts"];

/** A busy machine is slow, not wrong. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig(async () => {
  const { url } = await startScriptedUpstream();
  const provide = { upstreamUrl: url };
  return {
    test: {
      projects: [
        { test: { name: "node", ...patient, include: [...include, "test/**/*.test.ts"], provide } },
        {
          plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-08-01" } })],
          test: { name: "workerd", ...patient, include, provide },
        },
      ],
    },
  };
});
