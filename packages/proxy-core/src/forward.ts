import { ProxyError } from "./errors.ts";
import type { ProxyEvent } from "./handler.ts";
import type { RequestTarget } from "./request-target.ts";
import { rewriteRequestHeaders } from "./rewrite-request.ts";
import { rewriteResponse } from "./rewrite-response.ts";
import type { PreparedRoute } from "./route.ts";
import { CAN_UPGRADE } from "./runtime.ts";
import { type Outgoing, type OutgoingBody, send } from "./send.ts";

/** What forwarding needs besides the request. */
export interface ForwardContext {
  fetch: typeof fetch;
  onEvent: (event: ProxyEvent) => void;
  replayBytes: number;
}

/** Sends requests on one route. */
export type Forward = (request: Request, target: RequestTarget) => Promise<Response>;

/** Remembers which of the route's keys works, so that a refused one is tried once and not for each request. */
export function createForward(route: PreparedRoute, context: ForwardContext): Forward {
  const { fetch, onEvent } = context;
  const replayBytes = route.keys.length > 1 ? context.replayBytes : 0;
  let current = 0;

  return async (request, target) => {
    const isUpgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    if (isUpgrade && !CAN_UPGRADE) return upgradeRefused();
    const rest = target.path.slice(route.prefix.length) + target.query;
    const headers = rewriteRequestHeaders(request.headers, route, rest, isUpgrade);
    const body = await readBody(request, replayBytes);
    const outgoing: Outgoing = {
      baseUrl: route.upstream,
      url: route.upstream + rest,
      request,
      headers,
      body,
      timeoutMs: route.timeoutMs,
    };
    const attempt = (key: number) => {
      headers.set(route.authHeader, `${route.authPrefix}${route.keys[key]}`);
      return send(outgoing, fetch);
    };

    let key = current;
    let response = await attempt(key);
    for (let tries = 1; response.status === 401 && tries < route.keys.length; tries++) {
      const retried = !(body instanceof ReadableStream);
      onEvent({ type: "key_rejected", route: route.name, keyIndex: key, retried });
      if (!retried) break;
      await response.body?.cancel();
      key = (key + 1) % route.keys.length;
      response = await attempt(key);
      if (response.status !== 401) current = key;
    }
    try {
      return rewriteResponse(response, route, target.origin, onEvent);
    } catch (cause) {
      throw new ProxyError("upstream_unreachable", cause); // an answer that is none, such as status 999
    }
  };
}

/** The body as a stream; or, if it says that it is no longer than `replayBytes`, whole, so that it can be sent twice. */
async function readBody(request: Request, replayBytes: number): Promise<OutgoingBody> {
  const length = request.headers.get("content-length");
  if (request.body === null || length === null || !(Number(length) <= replayBytes)) return request.body;
  if (replayBytes === 0) return request.body;
  try {
    return await request.arrayBuffer();
  } catch (cause) {
    throw new ProxyError("upstream_unreachable", cause); // the caller went away: nobody will read this
  }
}

function upgradeRefused(): Response {
  return Response.json(
    { error: "WebSocket upgrades are not supported by this runtime" },
    { status: 501, headers: { "cache-control": "no-store", "x-oidc-proxy-error": "upgrade_not_supported" } },
  );
}
