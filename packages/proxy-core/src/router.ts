import { carelessly } from "./careless-path.ts";
import { type CallerHeaders, readCallerHeaders } from "./credential.ts";
import { ProxyError } from "./errors.ts";
import { createForward, type Forward } from "./forward.ts";
import type { ProxyEvent } from "./handler.ts";
import { methodsInQuery } from "./method-override.ts";
import { type RequestTarget, readTarget } from "./request-target.ts";
import { type PreparedRoute, prepareRoute, type RouteOptions } from "./route.ts";
import { SAYS_UNSENT } from "./runtime.ts";
import { asksForWebSocket } from "./upgrade.ts";
import { holdsSecret } from "./url-secret.ts";

/** Options that all routes share. */
export interface RouterOptions {
  /**
   * How to reach upstreams. Default: the global `fetch`. It may do things of its own, such as trying again: so what it throws
   * never proves that nothing was sent (`ProxyError.neverArrived`).
   */
  fetch?: typeof fetch;
  /** Told what the operator should know. Default: nobody is told. */
  onEvent?: (event: ProxyEvent) => void;
  /** Milliseconds to the first byte of an upstream's answer; a stream that flows has no limit. Default: 600,000. */
  upstreamTimeoutMs?: number;
  /**
   * Bytes of a request body up to which it is held in memory, to send it again with another key. Only on routes with
   * more than one key. Default: 1,048,576; 0 holds none.
   */
  replayBytes?: number;
}

/** Where a request goes. */
export interface Match<R extends RouteOptions> {
  /** The very object that was given to `createRouter`, with whatever else you put on it. */
  route: R;
  /**
   * Send the matched request on.
   *
   * @throws ProxyError `upstream_unreachable`, `upstream_timeout`; `route_not_allowed` if it is another request, and the
   * path or query carries that one's credential.
   */
  forward(request: Request): Promise<Response>;
}

/** Knows the way of every request. */
export interface Router<R extends RouteOptions> {
  /**
   * Find the route of a request: those with a `host` first, then the longest prefix.
   *
   * @throws ProxyError `method_not_allowed` for TRACE and CONNECT; `route_not_allowed` if there is no route, its `allow`
   * list does not hold the request or a method that the query names (`_method`), the path can be read in more than one way, as
   * another route's too, or the path or query carries the caller's credential; `upgrade_required` for a WebSocket where the
   * route does not open them.
   */
  match(request: Request): Match<R>;
}

const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_REPLAY_BYTES = 1 << 20;

/** Methods that show the upstream's view of a request, key included, or open a tunnel (RFC 9110 section 9.3). */
const REFUSED_METHODS = new Set(["TRACE", "TRACK", "CONNECT"]);

/**
 * Several upstreams behind one address.
 *
 * @throws TypeError if an option is invalid or two routes answer the same requests.
 */
export function createRouter<R extends RouteOptions>(routes: readonly R[], options: RouterOptions = {}): Router<R> {
  const { upstreamTimeoutMs = DEFAULT_TIMEOUT_MS, replayBytes = DEFAULT_REPLAY_BYTES, onEvent = () => {} } = options;
  if (!Number.isInteger(replayBytes) || replayBytes < 0) throw new TypeError("replayBytes must be a whole number");
  // Called as a method of anything else, workerd's fetch throws "Illegal invocation".
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const trustsUnsent = SAYS_UNSENT && options.fetch === undefined;
  const prepared = sortRoutes(
    routes.map((route, index) => prepareRoute(route, upstreamTimeoutMs, `routes[${index}]`)),
  ).map((route) => ({
    route,
    carelessPrefix: carelessly(route.prefix),
    forward: createForward(route, { fetch, onEvent, replayBytes, trustsUnsent }),
  }));

  return {
    match(request) {
      const target = readTarget(request.url);
      const found = prepared.find(({ route }) => isForHost(route, target) && isBelow(target.path, route.prefix));
      try {
        if (REFUSED_METHODS.has(request.method)) throw new ProxyError("method_not_allowed");
        if (found === undefined || !isMeant(found, prepared, target)) throw new ProxyError("route_not_allowed");
        refuseUpgrade(found.route, request, target);
        if (!isAllowed(found.route, request.method, target)) throw new ProxyError("route_not_allowed");
        return matchOf(found.route.options, found.forward, target, request);
      } catch (error) {
        throw naming(found?.route.options, error);
      }
    },
  };
}

function matchOf<R extends RouteOptions>(
  route: R,
  forward: Forward,
  target: RequestTarget,
  matched: Request,
): Match<R> {
  const read = readHeaders(matched, target);
  return {
    route,
    async forward(request) {
      try {
        return await forward(request, target, request === matched ? read : readHeaders(request, target));
      } catch (error) {
        throw naming(route, error);
      }
    },
  };
}

/** The error, with the route on which it happened. */
function naming(route: RouteOptions | undefined, error: unknown): unknown {
  if (error instanceof ProxyError && route !== undefined) {
    Object.defineProperty(error, "route", { value: route, configurable: true, writable: true });
  }
  return error;
}

/** The caller's credentials must not stand in the URL: an upstream would log them. */
function readHeaders({ headers }: Request, { path, query }: RequestTarget): CallerHeaders {
  const read = readCallerHeaders(headers);
  if (holdsSecret(path + query, read.secrets)) throw new ProxyError("route_not_allowed");
  return read;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * A handshake is a GET, whatever its path is for otherwise: where anything is allowed, the caller hears that it is to use HTTP, on
 * which clients do so at once (Codex asks for `POST /v1/responses` as `GET` first).
 */
function refuseUpgrade(route: PreparedRoute, { headers, method }: Request, target: RequestTarget): void {
  if (!asksForWebSocket(headers)) return;
  if (!route.opensWebSockets) {
    if ([method, ...METHODS].some((each) => isAllowed(route, each, target))) throw new ProxyError("upgrade_required");
  } else if (method !== "GET") throw new ProxyError("route_not_allowed"); // workerd would send it as a GET, which nobody has judged
}

function isForHost({ host }: PreparedRoute, target: RequestTarget): boolean {
  return host === "" || host === target.host || host === target.host.replace(/:\d+$/, "");
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/");
}

interface Place {
  route: PreparedRoute;
  carelessPrefix: string;
}

/** Some servers drop it, some end the path there: with such a character in it, a path may be any route's. */
const CONTROL = /\p{Cc}/u;

/**
 * However carelessly an upstream reads the path, no other route is meant more than this one: else a spelling could get past
 * a stricter route, as `/%61dmin` and `//admin` past `/admin`.
 */
function isMeant(found: Place, places: readonly Place[], target: RequestTarget): boolean {
  if (places.length === 1) return true;
  if (CONTROL.test(target.decodedPath)) return false;
  const path = carelessly(target.decodedPath);
  return !places.some(
    (place) => winsOver(place, found) && isForHost(place.route, target) && isBelow(path, place.carelessPrefix),
  );
}

/** In the order in which routes are tried. */
function winsOver(a: Place, b: Place): boolean {
  return (a.route.host.length - b.route.host.length || a.carelessPrefix.length - b.carelessPrefix.length) > 0;
}

/** Methods that the query names are judged on the same path, as the upstream may take them for the request's own. */
function isAllowed(route: PreparedRoute, method: string, { path, query }: RequestTarget): boolean {
  return route.allows(method, path.slice(route.prefix.length) || "/", methodsInQuery(query));
}

/** Named hosts before any host, long prefixes before short ones: the same order whatever order they were given in. */
function sortRoutes<R extends RouteOptions>(routes: PreparedRoute<R>[]): PreparedRoute<R>[] {
  if (routes.length === 0) throw new TypeError("At least one route is required");
  const places = routes.map(({ host, prefix }) => host + prefix);
  const twin = places.findIndex((place, index) => places.indexOf(place) !== index);
  if (twin >= 0) {
    throw new TypeError(`routes ${places.indexOf(places[twin] ?? "")} and ${twin} have the same host and prefix`);
  }
  return routes.sort((a, b) => b.host.length - a.host.length || b.prefix.length - a.prefix.length);
}
