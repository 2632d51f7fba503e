import { createKeyResolver, createTokenCache, createVerifier } from "@org/oidc-verify";
import { createRouter, drain, type Handler, withCors } from "@org/proxy-core";
import { type BudgetContext, createBudget } from "./budget.ts";
import { type Config, readConfig, readCors } from "./config.ts";
import { createDurableLimiter } from "./durable-limiter.ts";
import type { ProxyEnv } from "./environment.ts";
import { createGateway } from "./gateway.ts";
import { createReport, log } from "./report.ts";
import { answer } from "./responses.ts";
import { createSpentMemory } from "./spent.ts";
import { createTally, type WaitUntil } from "./tally.ts";

/** About 5 MB of an isolate's 128. */
const MAX_SPENT_KEYS = 10_000;

/** The whole worker for one environment: made once, so that no request pays for it. */
export function createHandler(env: ProxyEnv, waitUntil: WaitUntil): Handler {
  const cors = readCors(env);
  const { config, faults } = readConfig(env);
  const handler = config ? createConfigured(config, env, waitUntil) : createMisconfigured(faults, waitUntil);
  return cors ? withCors(handler, cors) : handler;
}

function createConfigured(config: Config, env: ProxyEnv, waitUntil: WaitUntil): Handler {
  const { issuer, audience, maxAgeSeconds, enforceExpiry, upstreamTimeoutMs } = config;
  const keys = createKeyResolver({ issuer, waitUntil });
  const cache = createTokenCache();
  const shared = { issuer, audience, keys, cache, enforceExpiry, ...(maxAgeSeconds && { maxAgeSeconds }) };
  const report = createReport(config.budgetExhaustedStatus, waitUntil);
  const limiting: BudgetContext = {
    createLimiter: (limit) => createDurableLimiter(env.LIMITER, limit),
    spent: createSpentMemory(MAX_SPENT_KEYS),
    onTake: report.firstUse,
  };
  const routes = config.routes.map((route) => ({
    ...route,
    verifier: createVerifier({ ...shared, trust: route.trust }),
    budget: createBudget(route.allowance, limiting),
  }));
  const router = createRouter(routes, { upstreamTimeoutMs, onEvent: ({ type, ...details }) => log(type, details) });
  return withWarnings(createGateway(router, report), config.warnings);
}

/** Said with the first request: what is printed while the worker loads reaches no log. */
function withWarnings(handler: Handler, warnings: readonly string[]): Handler {
  let untold = warnings;
  return (request) => {
    for (const text of untold) log("warning", { text });
    untold = [];
    return handler(request);
  };
}

/** Nothing is forwarded, and everybody is told why. */
function createMisconfigured(faults: readonly string[], waitUntil: WaitUntil): Handler {
  const text = `Proxy misconfigured: ${faults.join("; ")}`;
  const refusals = createTally(waitUntil, (code, details) => log(code, details));
  return async (request) => {
    refusals.add("misconfigured", { text });
    await drain(request);
    return answer("misconfigured", { text });
  };
}
