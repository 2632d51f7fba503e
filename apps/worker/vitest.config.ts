import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { scriptedUpstream, startIssuer, startUpstream } from "@org/testkit/node";
import { defineConfig } from "vitest/config";

export default defineConfig(async () => {
  const { issuer, url, unref } = await startIssuer();
  const upstream = await startUpstream({ handler: scriptedUpstream });
  unref();
  upstream.unref();
  return {
    plugins: [
      cloudflareTest({
        wrangler: { configPath: "./wrangler.jsonc" },
        miniflare: {
          bindings: {
            OIDC_ISSUER: url,
            UPSTREAM_URL: upstream.url,
            UPSTREAM_API_KEY: "sk-the-real-key",
            TEST_KEY: { kid: issuer.key.kid, alg: issuer.key.alg, privateJwk: issuer.key.privateJwk },
          },
        },
      }),
    ],
    test: {
      include: ["src/**/*.test.ts", "test/**/*.test.ts"],
      silent: "passed-only",
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  };
});
