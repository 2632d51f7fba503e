import { drain } from "./drain.ts";
import type { Handler } from "./handler.ts";
import { isHeaderName } from "./header-rules.ts";

/** Which pages may call, and with what. */
export interface CorsOptions {
  /**
   * `"*"` for any page, `"off"` for no CORS headers at all, one origin such as `https://app.example`, or a list, of which
   * the caller's own origin is echoed.
   */
  origin: string | readonly string[];
  /** Added to the allowed request headers `Authorization, Content-Type, x-api-key`. Default: none. */
  extraHeaders?: readonly string[];
  /**
   * Added to the response headers that pages may read, such as `Mcp-Session-Id`. Default: none beyond those for limits, retries,
   * errors and request ids.
   */
  exposeHeaders?: readonly string[];
}

const ALLOW_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const ALLOW_HEADERS = ["Authorization", "Content-Type", "x-api-key"];
/** Beyond the few that every page may read (Fetch standard, "CORS-safelisted response-header name"). */
const EXPOSE_HEADERS = [
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "retry-after-ms",
  "x-should-retry",
  "x-oidc-proxy-error",
  "request-id",
  "x-request-id",
  "apim-request-id",
  "x-ms-request-id",
];
const DAY_SECONDS = "86400";

/**
 * Answer preflights (Fetch standard, "CORS-preflight request") without asking the handler, and put CORS headers on every
 * answer of the handler, errors included. A handler that throws gets no headers: let it answer its errors.
 *
 * @throws TypeError if an origin is not `scheme://host[:port]`, or `*` or `off` stands in a list with others; if what should
 * name a header is no header name.
 */
export function withCors(handler: Handler, options: CorsOptions): Handler {
  const allowed = readOrigins(options.origin);
  const allowHeaders = readNames("extraHeaders", ALLOW_HEADERS, options.extraHeaders);
  const exposeHeaders = readNames("exposeHeaders", EXPOSE_HEADERS, options.exposeHeaders);

  return async (request) => {
    const isPreflight = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
    if (!isPreflight) {
      const response = await handler(request);
      return allowed === null ? response : addHeaders(response, request, allowed, exposeHeaders);
    }
    await drain(request);
    if (allowed === null) return new Response(null, { status: 204 });
    const headers = new Headers({
      "access-control-allow-methods": ALLOW_METHODS,
      "access-control-allow-headers": allowHeaders,
      "access-control-max-age": DAY_SECONDS,
    });
    allowOrigin(headers, request, allowed);
    return new Response(null, { status: 204, headers });
  };
}

function addHeaders(response: Response, request: Request, allowed: readonly string[], exposed: string): Response {
  const open = expose(response, exposed);
  allowOrigin(open.headers, request, allowed);
  return open;
}

/** On the response itself; on a copy of one that comes straight from fetch, which cannot be changed. */
function expose(response: Response, exposed: string): Response {
  try {
    response.headers.set(EXPOSED, exposed);
    return response;
  } catch {
    const copy = new Response(response.body, response);
    copy.headers.set(EXPOSED, exposed);
    return copy;
  }
}

const EXPOSED = "access-control-expose-headers";

/** One origin is named as it stands; of several, only the caller's, and caches must know. */
function allowOrigin(headers: Headers, request: Request, allowed: readonly string[]): void {
  const [first = ""] = allowed;
  const origin = allowed.length === 1 ? first : request.headers.get("origin");
  if (allowed.length > 1) headers.append("vary", "Origin");
  if (origin !== null && allowed.includes(origin)) headers.set("access-control-allow-origin", origin);
}

function readNames(option: string, ours: readonly string[], more: readonly string[] = []): string {
  if (!Array.isArray(more) || !more.every(isHeaderName))
    throw new TypeError(`${option} must be a list of header names`);
  return [...ours, ...more].join(", ");
}

/** The allowed origins; `null` if CORS is off. */
function readOrigins(origin: string | readonly string[]): readonly string[] | null {
  const origins = typeof origin === "string" ? [origin] : [...new Set(origin)];
  const isWord = origins.length === 1 && (origins[0] === "*" || origins[0] === "off");
  if (
    !isWord &&
    (origins.length === 0 ||
      !origins.every((item) => /^[a-z][a-z\d+.-]*:\/\/(?:(?![/?#@\\,*])[\x21-\x7e])+$/i.test(item)))
  ) {
    throw new TypeError('origin must be "*", "off", an origin such as https://app.example, or a list of origins');
  }
  return origins[0] === "off" ? null : origins;
}
