import type { ProxyEvent } from "./handler.ts";
import { rulesOf } from "./header-rules.ts";
import { OF_ENCODED_BYTES } from "./headers.ts";
import { namedBy } from "./rewrite-request.ts";
import { rewriteUrls } from "./rewrite-urls.ts";
import type { PreparedRoute } from "./route.ts";
import { hasDecoded, KEEPS_ENCODING } from "./runtime.ts";

/**
 * The upstream's answer as the caller gets it: same status, same bytes, its headers but for hop-by-hop ones, CORS (which
 * is the proxy's own business, as are its error codes), what speaks for the whole origin, cookies and other sessions unless
 * the route passes them, and any that repeats a secret. URLs below the upstream's base path get the proxy's address.
 *
 * @param sent - The request's headers, as they were sent.
 */
export function rewriteResponse(
  upstream: Response,
  route: PreparedRoute,
  proxyOrigin: string,
  onEvent: (event: ProxyEvent) => void,
  sent: Headers,
): Response {
  const response = copyOf(upstream, route);
  const { headers } = response;
  const named = namedBy(upstream.headers.get("connection"));
  // A HEAD or 304, too, speaks of what a GET would bring.
  const isDecoded = !KEEPS_ENCODING && hasDecoded(upstream.headers.get("content-encoding") ?? "", sent);
  upstream.headers.forEach((value, name) => {
    const { canonical, staysThere, opensSession, urlPlace } = rulesOf(name);
    const isNamed = route.repeatsSecret(name);
    if (isNamed || route.repeatsSecret(value)) {
      onEvent({ type: "header_dropped", route: route.name, header: isNamed ? "(its name)" : name });
      drop(headers, name, route);
    } else if (staysThere || named.has(name)) headers.delete(name);
    else if (!route.passesCookies && (opensSession || route.secretNames.has(canonical))) headers.delete(name);
    else if (isDecoded && OF_ENCODED_BYTES.has(name)) headers.delete(name);
    else if (urlPlace !== undefined) {
      const moved = rewriteUrls(value, urlPlace, route, proxyOrigin);
      if (moved !== value) headers.set(name, moved);
    }
  });
  return response;
}

/** One native copy of status and headers, open to changes. In workerd it takes an upgraded connection along. */
function copyOf(upstream: Response, route: PreparedRoute): Response {
  if (!route.repeatsSecret(upstream.statusText)) return new Response(upstream.body, upstream);
  return new Response(upstream.body, { status: upstream.status, headers: upstream.headers });
}

/** Only cookies come one by one; the others of them may stay. */
function drop(headers: Headers, name: string, route: PreparedRoute): void {
  const clean = name === "set-cookie" ? headers.getSetCookie().filter((cookie) => !route.repeatsSecret(cookie)) : [];
  headers.delete(name);
  for (const cookie of clean) headers.append(name, cookie);
}
