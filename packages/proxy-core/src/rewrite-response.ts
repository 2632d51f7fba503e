import type { ProxyEvent } from "./handler.ts";
import { HOP_BY_HOP, namedBy } from "./rewrite-request.ts";
import type { PreparedRoute } from "./route.ts";
import { KEEPS_ENCODING } from "./runtime.ts";

const DECODED = /^(?:(?:x-)?gzip|deflate|br)$/i;

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
  const response = copyOf(upstream, route);
  const { headers } = response;
  const named = namedBy(upstream.headers.get("connection"));
  const isDecoded = wasDecoded(upstream);
  upstream.headers.forEach((value, name) => {
    if (hasKey(route, value) || route.secretNames.some((secret) => name.includes(secret))) {
      onEvent({ type: "header_dropped", route: route.name, header: hasKey(route, value) ? name : "(its name)" });
      drop(headers, name, route);
    } else if (HOP_BY_HOP.has(name) || named.has(name) || name.startsWith("access-control-")) headers.delete(name);
    else if (isDecoded && (name === "content-encoding" || name === "content-length")) headers.delete(name);
    else if (name === "location") headers.set(name, rewriteLocation(value, route, proxyOrigin));
  });
  return response;
}

/** One native copy of status and headers, open to changes. In workerd it takes an upgraded connection along. */
function copyOf(upstream: Response, route: PreparedRoute): Response {
  if (!hasKey(route, upstream.statusText)) return new Response(upstream.body, upstream);
  return new Response(upstream.body, { status: upstream.status, headers: upstream.headers });
}

function hasKey(route: PreparedRoute, value: string): boolean {
  return route.secrets.some((secret) => value.includes(secret));
}

/** Only cookies come one by one; the others of them may stay. */
function drop(headers: Headers, name: string, route: PreparedRoute): void {
  const clean = name === "set-cookie" ? headers.getSetCookie().filter((cookie) => !hasKey(route, cookie)) : [];
  headers.delete(name);
  for (const cookie of clean) headers.append(name, cookie);
}

function wasDecoded(upstream: Response): boolean {
  return !KEEPS_ENCODING && upstream.body !== null && DECODED.test(upstream.headers.get("content-encoding") ?? "");
}

/** A `Location` below the upstream's base path, by the proxy's address; any other as it is (RFC 9110 section 10.2.2). */
function rewriteLocation(location: string, route: PreparedRoute, proxyOrigin: string): string {
  const isAbsolute = /^(?:https?:)?\/\//i.test(location);
  if (!isAbsolute && !(location.startsWith("/") && route.basePath !== route.prefix)) return location;
  if (!URL.canParse(location, route.upstreamOrigin)) return location;
  const url = new URL(location, route.upstreamOrigin);
  if (url.origin !== route.upstreamOrigin || url.username !== "" || url.password !== "") return location;
  const { pathname } = url;
  if (pathname !== route.basePath && !pathname.startsWith(`${route.basePath}/`)) return location;
  const rest = pathname.slice(route.basePath.length) + url.search + url.hash;
  return (isAbsolute ? proxyOrigin : "") + route.prefix + rest;
}
