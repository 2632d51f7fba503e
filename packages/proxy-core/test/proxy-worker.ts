import { createProxy, withCors } from "../src/index.ts";

interface Env {
  UPSTREAM: string;
  KEYS: [string, ...string[]];
  CORS: string[];
}

let handler: ReturnType<typeof createProxy> | undefined;

/** The smallest worker: everybody may pass, what matters here is what passes. */
export default {
  fetch(request: Request, { UPSTREAM, KEYS, CORS }: Env): Promise<Response> {
    handler ??= withCors(
      createProxy({
        authorize: "any",
        routes: [{ upstream: UPSTREAM, key: KEYS, authHeader: "x-api-key" }],
        upstreamTimeoutMs: 1000,
        onEvent: (event) => console.log(JSON.stringify(event)),
      }),
      { origin: CORS },
    );
    return handler(request);
  },
};
