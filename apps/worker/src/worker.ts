import { env, waitUntil } from "cloudflare:workers";
import type { ProxyEnv } from "./environment.ts";
import { createHandler } from "./handler.ts";

export type { ProxyEnv } from "./environment.ts";
export { LimiterObject } from "./limiter-object.ts";

const handler = createHandler(env as ProxyEnv, waitUntil);

/** The whole worker, by the variables of its environment. */
const worker: ExportedHandler<ProxyEnv> = { fetch: (request) => handler(request) };
export default worker;
