import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { startIssuer } from "@org/issuer-server";
import { scriptedUpstream, startUpstream } from "@org/testkit/node";
import { defineConfig } from "vitest/config";
import { readDeployment, testVariables } from "./outside/deployment.ts";

/** A busy machine is slow, not wrong. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000 };

/** Runs in Node, on the machine of whoever deploys. */
const ofCommand = "src/init/**/*.test.ts";

export default defineConfig(async () => {
  const { issuer, url, unref } = await startIssuer();
  const upstream = await startUpstream({ handler: scriptedUpstream });
  unref();
  upstream.unref();
  const { entry, date, flags, objects } = readDeployment();
  const inside = cloudflareTest({
    main: entry,
    miniflare: {
      compatibilityDate: date,
      compatibilityFlags: flags,
      durableObjects: Object.fromEntries(
        Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]),
      ),
      bindings: {
        ...testVariables,
        OIDC_ISSUER: url,
        UPSTREAM_URL: upstream.url,
        UPSTREAM_API_KEY: "sk-the-real-key",
        TEST_KEY: { kid: issuer.key.kid, alg: issuer.key.alg, privateJwk: issuer.key.privateJwk },
      },
    },
  });
  return {
    test: {
      silent: "passed-only",
      projects: [
        {
          plugins: [inside],
          test: {
            name: "workerd",
            ...patient,
            include: ["src/**/*.test.ts", "test/**/*.test.ts"],
            exclude: [ofCommand],
          },
        },
        { test: { name: "node", ...patient, include: [ofCommand, "docs/*.test.ts"] } },
        // The worker as a process, seen from outside by its bytes.
        {
          test: {
            name: "outside",
            ...patient,
            include: ["outside/*.test.ts"],
            exclude: ["**/*.{browser,long,programs}.test.ts"],
          },
        },
        // Not part of the plain test: these need Chromium (Debian's package, or CHROMIUM_PATH), git's server and pip, or minutes.
        { test: { name: "browser", ...patient, include: ["outside/*.browser.test.ts"] } },
        { test: { name: "programs", ...patient, include: ["outside/*.programs.test.ts"] } },
        { test: { name: "long", testTimeout: 600_000, hookTimeout: 60_000, include: ["outside/*.long.test.ts"] } },
      ],
    },
  };
});
