import type { ProxyEvent } from "./handler.ts";
import { type HeaderList, HOP_BY_HOP, namedBy } from "./rewrite-request.ts";
import type { PreparedRoute } from "./route.ts";

/** workerd and Bun hand on compressed bodies as they came; elsewhere fetch has decoded them before we see them. */
const KEEPS_ENCODING = "WebSocketPair" in globalThis || "Bun" in globalThis;
const DECODED = /^(?:x-)?(?:gzip|deflate|br|zstd)\b/i;

/**
 * The upstream's answer as the caller gets it: same status, same bytes, its headers but for hop-by-hop ones, CORS (which
 * is the proxy's own business) and any that repeats a key.
 */
export function rewriteResponse(
  upstream: Response,
  route: PreparedRoute,
  proxyOrigin: string,
  onEvent: (event: ProxyEvent) => void,
): Response {
  const named = namedBy(upstream.headers.get("connection"));
  const encoding = KEEPS_ENCODING || upstream.body === null ? null : upstream.headers.get("content-encoding");
  const isDecoded = encoding !== null && DECODED.test(encoding);
  const headers: HeaderList = [];
  for (const [name, value] of upstream.headers) {
    if (HOP_BY_HOP.has(name) || named.has(name) || name.startsWith("access-control-")) continue;
    if (isDecoded && (name === "content-encoding" || name === "content-length")) continue;
    if (hasKey(route, value)) onEvent({ type: "header_dropped", route: route.name, header: name });
    else headers.push([name, name === "location" ? rewriteLocation(value, route, proxyOrigin) : value]);
  }
  const { status } = upstream;
  const statusText = hasKey(route, upstream.statusText) ? "" : upstream.statusText;
  const { webSocket } = upstream as { webSocket?: unknown };
  const init = webSocket ? { status, headers, webSocket } : { status, statusText, headers };
  return new Response(upstream.body, init);
}

function hasKey(route: PreparedRoute, value: string): boolean {
  return route.secrets.some((secret) => value.includes(secret));
}

/** A `Location` below the upstream's base path, by the proxy's address; any other as it is (RFC 9110 section 10.2.2). */
function rewriteLocation(location: string, route: PreparedRoute, proxyOrigin: string): string {
  const isAbsolute = /^(?:https?:)?\/\//i.test(location);
  if (!isAbsolute && !(location.startsWith("/") && route.basePath !== route.prefix)) return location;
  const url = URL.parse(location, route.upstreamOrigin);
  if (url === null || url.origin !== route.upstreamOrigin || url.username !== "" || url.password !== "")
    return location;
  const { pathname } = url;
  if (pathname !== route.basePath && !pathname.startsWith(`${route.basePath}/`)) return location;
  const rest = pathname.slice(route.basePath.length) + url.search + url.hash;
  return (isAbsolute ? proxyOrigin : "") + route.prefix + rest;
}
