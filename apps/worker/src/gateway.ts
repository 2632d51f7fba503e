import type { VerifiedToken, Verifier } from "@org/oidc-verify";
import {
  challengeFor,
  drain,
  type Handler,
  ProxyError,
  type RouteOptions,
  type Router,
  readCredential,
} from "@org/proxy-core";
import { assertOptions, aThingOf } from "./assert-options.ts";
import type { Budget, Charge, Denied } from "./budget.ts";
import type { Report } from "./report.ts";
import { tellLimits } from "./tell-limits.ts";

/** A route, and who may use it how much. */
export interface GuardedRoute extends RouteOptions {
  /** Says who calls, and refuses whom you do not trust. */
  verifier: Pick<Verifier, "verify">;
  /** Is charged one unit for each request of theirs. */
  budget: Budget;
}

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** `createRouter` of `@org/proxy-core`, over your routes. */
  router: Router<GuardedRoute>;
  /** What is answered and logged. Share one with the budgets' `onTake`. */
  report: Report;
}

const CHECKS = {
  router: aThingOf("what createRouter of @org/proxy-core makes", "match"),
  report: aThingOf("what createReport makes", "denied", "refused", "firstUse"),
};

/**
 * One request's way: credential → verify and trust → limit → forward → answer. Every refusal is an answer, in the error shape of the
 * route's API; the handler never throws. CORS is `withCors` of `@org/proxy-core`, around it.
 *
 * @throws TypeError naming the option
 */
export function createGateway(options: GatewayOptions): Handler {
  assertOptions(options, CHECKS);
  const { router, report } = options;
  return async (request) => {
    let route: GuardedRoute | undefined;
    let token: VerifiedToken | undefined;
    let charge: Charge | Denied | undefined;
    try {
      const match = router.match(request);
      ({ route } = match);
      token = await route.verifier.verify(readCredential(request));
      charge = await route.budget.take(token);
      if (charge.deniedBy !== undefined) return refuse(request, report.denied(charge, token, route), charge);
      // Nothing goes back from here on: no error of this runtime proves that the upstream was not reached.
      return tellLimits(await match.forward(request), charge.limits);
    } catch (error) {
      const response = report.refused(error, token, route);
      if (error instanceof ProxyError && error.code === "missing_token") {
        response.headers.set("www-authenticate", challengeFor(request));
      }
      return refuse(request, response, charge);
    }
  };
}

/** Answered only once what the caller still sends was read: else many would never read why. */
async function refuse(request: Request, response: Response, charge?: Charge | Denied): Promise<Response> {
  await drain(request);
  return charge ? tellLimits(response, charge.limits) : response;
}
