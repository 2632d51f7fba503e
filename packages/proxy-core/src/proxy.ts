import { challengeFor, readCredential } from "./credential.ts";
import { drain } from "./drain.ts";
import { ProxyError } from "./errors.ts";
import type { Handler } from "./handler.ts";
import { answerRefusal } from "./refusal.ts";
import type { RouteOptions } from "./route.ts";
import { createRouter, type RouterOptions } from "./router.ts";

/**
 * Who may pass: returns or resolves to `undefined` to let the request pass, throws to refuse it. Any other result refuses, too:
 * a verifier that answers `false`, or one that returns what it read and leaves the judgement to you, lets nobody pass.
 */
export type Authorize<R extends RouteOptions = RouteOptions> = (
  credential: string,
  request: Request,
  route: R,
) => Promise<undefined> | undefined;

export interface ProxyOptions<R extends RouteOptions = RouteOptions> extends RouterOptions {
  /** The upstreams. */
  routes: readonly R[];
  /**
   * Checks the credential of each request before it is forwarded. Required, as whoever passes spends your key; `"any"` lets
   * everybody pass, with or without a credential.
   */
  authorize: Authorize<R> | "any";
  /**
   * Answers an error in your way: what `authorize` threw, or one of this package's own. `route` is the request's, if one was found;
   * `answerRefusal` gives an answer its API's error shape. `undefined` leaves it to the default: a `ProxyError` becomes JSON with its
   * status and code, in that shape; anything else is thrown on.
   */
  onError?: (error: unknown, route: R | undefined) => Response | undefined;
}

/**
 * A handler that forwards: route, authorize, rewrite, fetch, rewrite.
 *
 * @throws TypeError if an option is invalid.
 */
export function createProxy<R extends RouteOptions>(options: ProxyOptions<R>): Handler {
  const { routes, authorize, onError, ...routerOptions } = options;
  if (authorize !== "any" && typeof authorize !== "function")
    throw new TypeError('authorize must be a function or "any"');
  const router = createRouter(routes, routerOptions);
  return async (request) => {
    let route: R | undefined;
    try {
      const match = router.match(request);
      route = match.route;
      if (authorize !== "any" && (await authorize(readCredential(request), request, route)) !== undefined) {
        throw new ProxyError("not_authorized");
      }
      return await match.forward(request);
    } catch (error) {
      // What `match` itself refuses names its route.
      if (error instanceof ProxyError) route ??= error.route as R | undefined;
      await drain(request);
      return onError?.(error, route) ?? answerError(error, request, route);
    }
  };
}

function answerError(error: unknown, request: Request, route: RouteOptions | undefined): Response {
  if (!(error instanceof ProxyError)) throw error;
  const { status, code, message } = error;
  const headers = code === "missing_token" ? { "www-authenticate": challengeFor(request) } : {};
  return answerRefusal({ status, code, text: message, headers }, route);
}
