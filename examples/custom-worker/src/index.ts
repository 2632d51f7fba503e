import { createVerifier, OidcVerifyError } from "@org/oidc-verify";
import { answerRefusal, createProxy, type Handler, type RouteOptions, withCors } from "@org/proxy-core";

/** Variables and secrets of this worker. */
export interface Env {
  OIDC_ISSUER: string;
  UPSTREAM_URL: string;
  UPSTREAM_KEY: string;
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
  const proxy = createProxy({
    routes: [{ prefix: "/anthropic", preset: "anthropic", upstream: env.UPSTREAM_URL, key: env.UPSTREAM_KEY }],
    authorize: async (credential) => {
      await verifier.verify(credential);
    },
    onError: answerError,
  });
  return withCors(proxy, { origin: "off" });
}

/** In the error shape of the route's API, so that its SDK shows why. What is not answered here, the proxy answers itself. */
function answerError(error: unknown, route?: RouteOptions): Response | undefined {
  if (!(error instanceof OidcVerifyError)) return undefined;
  const { status, code, message: text } = error;
  return answerRefusal({ status, code, text }, route);
}
