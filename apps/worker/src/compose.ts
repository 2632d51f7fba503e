export { createDurableLimiter, type TurnLimiter } from "./durable-limiter.ts";
export type { ProxyEnv } from "./environment.ts";
export { createGateway } from "./gateway.ts";
export { createHandler } from "./handler.ts";
export { LimiterObject } from "./limiter-object.ts";
