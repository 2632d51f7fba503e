import type { Verifier } from "@org/oidc-verify";
import { type Handler, type RouteOptions, type Router, readCredential } from "@org/proxy-core";
import { rateLimitFields } from "@org/token-limiter";
import type { Budget, Charge } from "./budget.ts";
import type { Report } from "./report.ts";

/** A route, and who may use it how much. */
export interface GuardedRoute extends RouteOptions {
  verifier: Verifier;
  budget: Budget;
}

/** One request's way: credential → verify and trust → limit → forward → answer. Every refusal is an answer. */
export function createGateway(router: Router<GuardedRoute>, report: Report): Handler {
  return async (request) => {
    try {
      const { route, forward } = router.match(request);
      const token = await route.verifier.verify(readCredential(request));
      const charge = await route.budget.take(token);
      if (charge.deniedBy !== undefined)
        return tellLimits(report.denied(charge.deniedBy, charge.limits, token), charge);
      report.admitted(charge.limits, token);
      // Nothing goes back from here on: no error of this runtime proves that the upstream was not reached.
      const response = await forward(request).catch((error: unknown) => report.refused(error, token));
      return tellLimits(response, charge);
    } catch (error) {
      return report.refused(error);
    }
  };
}

/** Appended, as the upstream may send the same fields: both are lists. */
function tellLimits(response: Response, { limits }: Charge): Response {
  for (const [name, value] of Object.entries(rateLimitFields(limits))) response.headers.append(name, value);
  return response;
}
