export { type CorsOptions, withCors } from "./cors.ts";
export { challengeFor, readCredential } from "./credential.ts";
export { ProxyError, type ProxyErrorCode } from "./errors.ts";
export type { Handler, ProxyEvent } from "./handler.ts";
export { type Preset, type PresetName, presets } from "./presets.ts";
export { type Authorize, createProxy, type ProxyOptions } from "./proxy.ts";
export type { RouteOptions, SecretValue } from "./route.ts";
export { createRouter, type Match, type Router, type RouterOptions } from "./router.ts";
