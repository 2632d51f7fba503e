import { createKeyResolver, createTokenCache, createVerifier } from "@org/oidc-verify";
import { createRouter, drain, type Handler, withCors } from "@org/proxy-core";
import type { Limit } from "@org/token-limiter";
import { aFunction, anObject } from "./assert-options.ts";
import { createBudget } from "./budget.ts";
import { type Config, readConfig, readCors } from "./config.ts";
import { createDurableLimiter, hasObjects } from "./durable-limiter.ts";
import type { ProxyEnv } from "./environment.ts";
import { createGateway } from "./gateway.ts";
import { createReport, log } from "./report.ts";
import { answer } from "./responses.ts";
import { createSpentMemory } from "./spent.ts";
import { createTally, type WaitUntil } from "./tally.ts";

/**
 * The whole worker for one environment. Make it once per isolate, so that no request pays for it, and each key and count is
 * remembered. Whatever is wrong with the settings, it never throws: every request is then answered 500, and nothing is forwarded.
 *
 * @param env - What the runtime hands to the worker, and nothing else: a name like one of ours that is none closes everything.
 * @param waitUntil - That of `cloudflare:workers`: keeps work alive after an answer has been sent.
 * @throws TypeError naming the parameter, where it is no such thing at all
 */
export function createHandler(env: ProxyEnv, waitUntil: WaitUntil): Handler {
  anObject("env", env);
  aFunction("waitUntil", waitUntil);
  const cors = readCors(env);
  const { config, faults = [] } = readConfig(env);
  if (!hasObjects(env.LIMITER)) faults.push("LIMITER must be bound to the Durable Object LimiterObject");
  const isConfigured = config && faults.length === 0;
  const handler = isConfigured ? createConfigured(config, env, waitUntil) : createMisconfigured(faults, waitUntil);
  return cors ? withCors(handler, cors) : handler;
}

function createConfigured(config: Config, env: ProxyEnv, waitUntil: WaitUntil): Handler {
  const { issuer, audience, maxAgeSeconds, enforceExpiry, upstreamTimeoutMs } = config;
  const keys = createKeyResolver({ issuer, waitUntil });
  const cache = createTokenCache();
  const shared = { issuer, audience, keys, cache, enforceExpiry, ...(maxAgeSeconds && { maxAgeSeconds }) };
  const report = createReport({ waitUntil, budgetExhaustedStatus: config.budgetExhaustedStatus });
  const limiting = {
    createLimiter: (limit: Limit) => createDurableLimiter(env.LIMITER, limit),
    spent: createSpentMemory(),
    onTake: report.firstUse,
  };
  const routes = config.routes.map((route) => ({
    ...route,
    verifier: createVerifier({ ...shared, trust: route.trust }),
    budget: createBudget({ allowance: route.allowance, ...limiting }),
  }));
  const router = createRouter(routes, { upstreamTimeoutMs, onEvent: ({ type, ...details }) => log(type, details) });
  return withWarnings(createGateway({ router, report }), config.warnings);
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
