import { createDurableLimiter, type LimiterObject } from "@org/oidc-proxy/compose";
import { createVerifier, OidcVerifyError } from "@org/oidc-verify";
import { answerRefusal, createProxy, type Handler, type RouteOptions, withCors } from "@org/proxy-core";
import { LimiterError, quota } from "@org/token-limiter";

// The class whose objects count: wrangler.jsonc binds it.
export { LimiterObject } from "@org/oidc-proxy/compose";

/** Variables, secrets and bindings of this worker. */
export interface Env {
  OIDC_ISSUER: string;
  UPSTREAM_URL: string;
  UPSTREAM_KEY: string;
  LIMITER: DurableObjectNamespace<LimiterObject>;
}

class BudgetExhausted extends Error {
  readonly status = 429;
  readonly code = "budget_exhausted";
}

let handler: Handler | undefined;

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    handler ??= createHandler(env); // once for each isolate: it keeps the issuer's keys
    return handler(request);
  },
};

function createHandler(env: Env): Handler {
  const verifier = createVerifier({
    issuer: env.OIDC_ISSUER,
    audience: "my-proxy",
    trust: [{ repository: "octo-org/octo-repo", ref: "refs/heads/main" }],
  });
  const limiter = createDurableLimiter(env.LIMITER, quota({ name: "token", limit: 3 }));
  const proxy = createProxy({
    routes: [{ prefix: "/anthropic", preset: "anthropic", upstream: env.UPSTREAM_URL, key: env.UPSTREAM_KEY }],
    authorize: async (credential) => {
      const { claims, acceptedUntil } = await verifier.verify(credential);
      const key = JSON.stringify([claims.iss, claims.jti]);
      const { admitted } = await limiter.take(key, 1, acceptedUntil);
      if (!admitted) throw new BudgetExhausted("Token budget exhausted");
    },
    onError: answerError,
  });
  return withCors(proxy, { origin: "off" });
}

/** In the error shape of the route's API, so that its SDK shows why. What is not answered here, the proxy answers itself. */
function answerError(error: unknown, route?: RouteOptions): Response | undefined {
  const isKnown = error instanceof OidcVerifyError || error instanceof LimiterError || error instanceof BudgetExhausted;
  if (!isKnown) return undefined;
  const { status, code, message: text } = error;
  return answerRefusal({ status, code, text }, route);
}
