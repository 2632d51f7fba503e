/** Only workerd hands out the other end of an upgraded connection. */
export const CAN_UPGRADE: boolean = "WebSocketPair" in globalThis;

/** workerd and Bun hand on compressed bodies as they came; elsewhere fetch has decoded them before we see them. */
export const KEEPS_ENCODING: boolean = "WebSocketPair" in globalThis || "Bun" in globalThis;

/** What every fetch decodes that decodes at all. */
export const DECODED_ENCODINGS = "gzip, br";

/**
 * workerd drops what a request leaves under way once it is answered, and has the caller's own signal at hand. A signal of ours
 * on top of that would cost a sixth of the whole request there; elsewhere nothing else ends a fetch.
 */
export const DROPS_WHAT_IS_LEFT: boolean = "WebSocketPair" in globalThis;
