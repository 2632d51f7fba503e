import { createKeyResolver, createVerifier, type Trust } from "@org/oidc-verify";
import { createRouter, type Handler, withCors } from "@org/proxy-core";
import type { Limit } from "@org/token-limiter";
import { createBudget } from "./budget.ts";
import { readCorsSettings, readSettings, type Settings } from "./config.ts";
import { createDurableLimiter } from "./durable-limiter.ts";
import { createGateway } from "./gateway.ts";
import { createReport, log } from "./report.ts";
import { answer } from "./responses.ts";

/** Keeps work alive after the answer has been sent. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** The whole worker for one environment: made once, so that no request pays for it. */
export function createHandler(env: Env, waitUntil: WaitUntil): Handler {
  const cors = readCorsSettings(env);
  const handler = createBareHandler(env, waitUntil);
  if (cors === null) return handler;
  return withCors(handler, { origin: cors.CORS_ORIGIN, extraHeaders: cors.CORS_EXTRA_HEADERS ?? [] });
}

function createBareHandler(env: Env, waitUntil: WaitUntil): Handler {
  const { settings, faults } = readSettings(env);
  if (faults) return misconfigured(faults);
  if (!settings.ALLOWED_REPOS) log("warning", { text: "ALLOWED_REPOS is not set: any repository on GitHub may call" });
  return createSingleGateway(settings, env, waitUntil);
}

function createSingleGateway(settings: Settings, env: Env, waitUntil: WaitUntil): Handler {
  const keys = createKeyResolver({ issuer: settings.OIDC_ISSUER, waitUntil });
  const verifier = createVerifier({
    issuer: settings.OIDC_ISSUER,
    audience: settings.OIDC_AUDIENCE,
    trust: trustOf(settings),
    keys,
    enforceExpiry: settings.ENFORCE_TOKEN_EXPIRY,
    ...(settings.MAX_TOKEN_AGE_SECONDS && { maxAgeSeconds: settings.MAX_TOKEN_AGE_SECONDS }),
  });
  const budget = createBudget(
    {
      requestsPerToken: settings.MAX_REQUESTS_PER_TOKEN,
      ratePerSecond: settings.RATE_LIMIT_PER_SECOND,
      requestsPerRun: settings.MAX_REQUESTS_PER_RUN,
      requestsPerRepositoryPerDay: settings.MAX_REQUESTS_PER_REPO_PER_DAY,
      requestsPerOwnerPerDay: settings.MAX_REQUESTS_PER_OWNER_PER_DAY,
    },
    "",
    (limit: Limit) => createDurableLimiter(env.LIMITER, limit),
  );
  const router = createRouter(
    [
      {
        upstream: settings.UPSTREAM_URL,
        authHeader: settings.UPSTREAM_AUTH_HEADER,
        authPrefix: settings.UPSTREAM_AUTH_PREFIX,
        key: settings.UPSTREAM_API_KEY as [string, ...string[]],
        verifier,
        budget,
      },
    ],
    {
      upstreamTimeoutMs: settings.UPSTREAM_TIMEOUT_SECONDS * 1000,
      onEvent: ({ type, ...details }) => log(type, details),
    },
  );
  return createGateway(router, createReport(settings.BUDGET_EXHAUSTED_STATUS));
}

/** `ALLOWED_REPOS` and `ALLOWED_REFS` are one trust rule. */
function trustOf({ ALLOWED_REPOS, ALLOWED_REFS }: Settings): Trust {
  if (!ALLOWED_REPOS && !ALLOWED_REFS) return "any";
  return [{ repository: ALLOWED_REPOS ?? "*", ...(ALLOWED_REFS && { ref: ALLOWED_REFS }) }];
}

function misconfigured(faults: readonly string[]): Handler {
  const text = `Proxy misconfigured: ${faults.join("; ")}`;
  return async () => {
    console.error(text);
    return answer("misconfigured", { text });
  };
}
