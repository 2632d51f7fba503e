import { waitUntil } from "cloudflare:workers";
import {
  createBudget,
  createDurableLimiter,
  createGateway,
  createReport,
  type GuardedRoute,
  type LimiterObject,
} from "@org/oidc-proxy/compose";
import { createVerifier } from "@org/oidc-verify";
import { createRouter, type Handler, withCors } from "@org/proxy-core";

export { LimiterObject } from "@org/oidc-proxy/compose";

interface Env {
  LIMITER: DurableObjectNamespace<LimiterObject>;
  ANTHROPIC_API_KEY: string;
}

function createProxy({ LIMITER, ANTHROPIC_API_KEY }: Env): Handler {
  const report = createReport({ waitUntil });
  const verifier = createVerifier({
    audience: "my-proxy",
    trust: [{ repository: "octo-org/octo-repo", ref: "refs/heads/main" }],
  });
  const budget = createBudget({
    allowance: { rate: { units: 2 }, token: { units: 200 }, run: { units: 500 } },
    createLimiter: (limit) => createDurableLimiter(LIMITER, limit),
    onTake: report.firstUse,
  });
  const router = createRouter<GuardedRoute>([{ preset: "anthropic", key: ANTHROPIC_API_KEY, verifier, budget }]);
  return withCors(createGateway({ router, report }), { origin: "off" });
}

let proxy: Handler | undefined;

export default {
  fetch(request, env) {
    proxy ??= createProxy(env);
    return proxy(request);
  },
} satisfies ExportedHandler<Env>;
