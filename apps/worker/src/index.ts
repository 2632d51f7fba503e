import { env, waitUntil } from "cloudflare:workers";
import { createHandler } from "./handler.ts";

export { LimiterObject } from "./limiter-object.ts";

const handler = createHandler(env, waitUntil);

export default { fetch: (request) => handler(request) } satisfies ExportedHandler<Env>;
