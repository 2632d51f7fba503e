import { waitUntil } from "cloudflare:workers";
import { createHandler, type ProxyEnv } from "@org/oidc-proxy/compose";

export { LimiterObject } from "@org/oidc-proxy/compose";

let proxy: ReturnType<typeof createHandler> | undefined;

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === "/healthz") return new Response("ok");
    proxy ??= createHandler(env, waitUntil); // once for each isolate: it remembers keys, tokens and what is spent
    return proxy(request);
  },
} satisfies ExportedHandler<ProxyEnv>;
