import { createProxy, ProxyError, withCors } from "../src/index.ts";

interface Env {
  UPSTREAM: string;
  KEYS: [string, ...string[]];
  CORS: string[];
  WEBSOCKET: boolean;
  TIMEOUT_MS: number;
}

let handler: ReturnType<typeof createProxy> | undefined;

/** The smallest worker: everybody may pass, what matters here is what passes. */
export default {
  fetch(request: Request, { UPSTREAM, KEYS, CORS, WEBSOCKET, TIMEOUT_MS }: Env): Promise<Response> {
    handler ??= withCors(
      createProxy({
        authorize: "any",
        routes: [{ upstream: UPSTREAM, key: KEYS, authHeader: "x-api-key", websocket: WEBSOCKET }],
        upstreamTimeoutMs: TIMEOUT_MS,
        onEvent: (event) => console.log(JSON.stringify(event)),
        onError(error) {
          if (error instanceof ProxyError)
            console.log(JSON.stringify({ type: "error", neverArrived: error.neverArrived }));
          return undefined;
        },
      }),
      { origin: CORS },
    );
    return handler(request);
  },
};
