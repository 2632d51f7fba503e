import { createKeyResolver, createVerifier, type Trust } from "@org/oidc-verify";
import { createRouter, type Handler, withCors } from "@org/proxy-core";
import { createBudget } from "./budget.ts";
import { type Config, readConfig, readCors } from "./config.ts";
import { createDurableLimiter } from "./durable-limiter.ts";
import { createGateway } from "./gateway.ts";
import { createReport, log } from "./report.ts";
import { answer } from "./responses.ts";

/** Keeps work alive after the answer has been sent. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** The whole worker for one environment: made once, so that no request pays for it. */
export function createHandler(env: Env, waitUntil: WaitUntil): Handler {
  const cors = readCors(env);
  const { config, faults } = readConfig(env);
  const handler = config ? createConfigured(config, env, waitUntil) : createMisconfigured(faults);
  return cors ? withCors(handler, cors) : handler;
}

function createConfigured(config: Config, env: Env, waitUntil: WaitUntil): Handler {
  const { issuer, audience, maxAgeSeconds, enforceExpiry, upstreamTimeoutMs } = config;
  if (config.routes.some(({ trust }) => isOpen(trust))) {
    log("warning", { text: "any repository on GitHub may call: ALLOWED_REPOS is not set" });
  }
  const keys = createKeyResolver({ issuer, waitUntil });
  const shared = { issuer, audience, keys, enforceExpiry, ...(maxAgeSeconds && { maxAgeSeconds }) };
  const routes = config.routes.map((route) => ({
    ...route,
    verifier: createVerifier({ ...shared, trust: route.trust }),
    budget: createBudget(route.allowance, route.counts, (limit) => createDurableLimiter(env.LIMITER, limit)),
  }));
  const router = createRouter(routes, { upstreamTimeoutMs, onEvent: ({ type, ...details }) => log(type, details) });
  return createGateway(router, createReport(config.budgetExhaustedStatus));
}

/** Whether a stranger's repository may be let in. */
const isOpen = (trust: Trust) => trust === "any" || trust.some(({ repository }) => [repository].flat().includes("*"));

/** Nothing is forwarded, and everybody is told why. */
function createMisconfigured(faults: readonly string[]): Handler {
  const text = `Proxy misconfigured: ${faults.join("; ")}`;
  return async () => {
    log("misconfigured", { text });
    return answer("misconfigured", { text });
  };
}
