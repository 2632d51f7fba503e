import { ProxyError } from "./errors.ts";
import type { ProxyEvent } from "./handler.ts";
import type { RequestTarget } from "./request-target.ts";
import { type HeaderList, rewriteRequestHeaders } from "./rewrite-request.ts";
import { rewriteResponse } from "./rewrite-response.ts";
import type { PreparedRoute } from "./route.ts";

/** What forwarding needs besides the request. */
export interface ForwardContext {
  fetch: typeof fetch;
  onEvent: (event: ProxyEvent) => void;
  replayBytes: number;
}

/** Sends requests on one route. */
export type Forward = (request: Request, target: RequestTarget) => Promise<Response>;

/** Only workerd hands out the other end of an upgraded connection. */
const CAN_UPGRADE = "WebSocketPair" in globalThis;

/** Remembers which of the route's keys works. */
export function createForward(route: PreparedRoute, context: ForwardContext): Forward {
  let keyIndex = 0;
  return async (request, target) => {
    const isUpgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    if (isUpgrade && !CAN_UPGRADE) return upgradeRefused();
    const rest = target.path.slice(route.prefix.length) + target.query;
    const url = route.upstream + rest;
    const headers = rewriteRequestHeaders(request.headers, route, rest, isUpgrade);
    const body = await readBody(request, route.keys.length > 1 ? context.replayBytes : 0);
    const attempt = (index: number) => {
      const key = route.authPrefix + route.keys[index];
      return send(url, request, [...headers, [route.authHeader, key]], body, route.timeoutMs, context.fetch);
    };

    let response = await attempt(keyIndex);
    for (let tries = 1; response.status === 401 && tries < route.keys.length; tries++) {
      const retried = !(body instanceof ReadableStream);
      context.onEvent({ type: "key_rejected", route: route.name, keyIndex, retried });
      if (!retried) break;
      const next = (keyIndex + 1) % route.keys.length;
      await response.body?.cancel();
      response = await attempt(next);
      keyIndex = next;
    }
    return rewriteResponse(response, route, target.origin, context.onEvent);
  };
}

type Body = ReadableStream<Uint8Array> | ArrayBuffer | null;

/** The body as a stream; or, if it says that it is no longer than `replayBytes`, whole, so that it can be sent twice. */
async function readBody(request: Request, replayBytes: number): Promise<Body> {
  if (request.body === null || request.method === "GET" || request.method === "HEAD") return null;
  const length = request.headers.get("content-length");
  if (length === null || !(Number(length) <= replayBytes)) return request.body;
  return request.arrayBuffer();
}

async function send(
  url: string,
  { method, signal }: Request,
  headers: HeaderList,
  body: Body,
  timeoutMs: number,
  fetch: ForwardContext["fetch"],
): Promise<Response> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const init = {
    method,
    headers,
    body,
    redirect: "manual",
    signal: AbortSignal.any([signal, timeout.signal]),
    duplex: "half", // Node asks for it with a streaming body
    decompress: false, // Bun would decode
  } as const;
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new ProxyError(timeout.signal.aborted ? "upstream_timeout" : "upstream_unreachable", cause);
  } finally {
    clearTimeout(timer);
  }
}

function upgradeRefused(): Response {
  return Response.json(
    { error: "WebSocket upgrades are not supported by this runtime" },
    { status: 501, headers: { "cache-control": "no-store", "x-oidc-proxy-error": "upgrade_not_supported" } },
  );
}
