import type { CallerHeaders } from "./credential.ts";
import { ProxyError } from "./errors.ts";
import type { ProxyEvent } from "./handler.ts";
import { createKeyRotation } from "./key-rotation.ts";
import { answerRefusal } from "./refusal.ts";
import type { RequestTarget } from "./request-target.ts";
import { rewriteRequestHeaders } from "./rewrite-request.ts";
import { rewriteResponse } from "./rewrite-response.ts";
import type { PreparedRoute } from "./route.ts";
import { CAN_UPGRADE } from "./runtime.ts";
import { type OutgoingBody, send } from "./send.ts";

/** What forwarding needs besides the request. */
export interface ForwardContext {
  fetch: typeof fetch;
  onEvent: (event: ProxyEvent) => void;
  replayBytes: number;
  /** Whether `fetch` is believed when it says that it made no connection. */
  trustsUnsent: boolean;
}

/** Sends requests on one route, without the caller's secrets, wherever they stand. */
export type Forward = (request: Request, target: RequestTarget, read: CallerHeaders) => Promise<Response>;

export function createForward(route: PreparedRoute, context: ForwardContext): Forward {
  const { fetch, onEvent } = context;
  const replayBytes = route.keys.length > 1 ? context.replayBytes : 0;
  const rotation = createKeyRotation(route.keys.length, (keyIndex) =>
    onEvent({ type: "key_rejected", route: route.name, keyIndex }),
  );

  return async (request, target, read) => {
    const isUpgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket"; // all that workerd can open
    if (isUpgrade && !CAN_UPGRADE) return upgradeRefused(route);
    const url = route.upstream + target.path.slice(route.prefix.length) + target.query;
    const headers = rewriteRequestHeaders(request.headers, read, route, isUpgrade);
    const body = replayBytes === 0 ? request.body : await readBody(request, replayBytes);
    let { trustsUnsent } = context;
    const attempt = (key: number) => {
      headers.set(route.authHeader, `${route.authPrefix}${route.keys[key]}`);
      const outgoing = { url, request, headers, body, timeoutMs: route.timeoutMs, trustsUnsent };
      trustsUnsent = false; // whatever happens to the next attempt, this one may arrive
      return send(outgoing, fetch);
    };
    const response = await rotation.send(attempt, !(body instanceof ReadableStream));
    try {
      return rewriteResponse(response, route, target.origin, onEvent, headers);
    } catch (cause) {
      throw new ProxyError("upstream_unreachable", cause); // an answer that is none, such as status 999
    }
  };
}

/** The body as a stream; or, if it says that it is no longer than `replayBytes`, whole, so that it can be sent twice. */
async function readBody(request: Request, replayBytes: number): Promise<OutgoingBody> {
  const length = request.headers.get("content-length");
  if (request.body === null || length === null || !(Number(length) <= replayBytes)) return request.body;
  try {
    return await request.arrayBuffer();
  } catch (cause) {
    throw new ProxyError("upstream_unreachable", cause); // the caller went away: nobody will read this
  }
}

function upgradeRefused({ options }: PreparedRoute): Response {
  const text = "WebSocket upgrades are not supported by this runtime";
  return answerRefusal({ status: 501, code: "upgrade_not_supported", text }, options);
}
