import type { VerifiedToken, Verifier } from "@org/oidc-verify";
import {
  challengeFor,
  type Handler,
  ProxyError,
  type RouteOptions,
  type Router,
  readCredential,
} from "@org/proxy-core";
import type { Budget, Charge, Denied } from "./budget.ts";
import type { Report } from "./report.ts";
import { tellLimits } from "./tell-limits.ts";

/** A route, and who may use it how much. */
export interface GuardedRoute extends RouteOptions {
  verifier: Verifier;
  budget: Budget;
}

/** One request's way: credential → verify and trust → limit → forward → answer. Every refusal is an answer. */
export function createGateway(router: Router<GuardedRoute>, report: Report): Handler {
  return async (request) => {
    let token: VerifiedToken | undefined;
    let charge: Charge | Denied | undefined;
    try {
      const { route, forward } = router.match(request);
      token = await route.verifier.verify(readCredential(request));
      charge = await route.budget.take(token);
      // Nothing goes back from here on: no error of this runtime proves that the upstream was not reached.
      const response = charge.deniedBy === undefined ? await forward(request) : report.denied(charge, token);
      return tellLimits(response, charge.limits);
    } catch (error) {
      const response = report.refused(error, token);
      if (error instanceof ProxyError && error.code === "missing_token") {
        response.headers.set("www-authenticate", challengeFor(request));
      }
      return charge ? tellLimits(response, charge.limits) : response;
    }
  };
}
