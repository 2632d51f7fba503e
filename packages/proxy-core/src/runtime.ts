/** Only workerd hands out the other end of an upgraded connection. */
export const CAN_UPGRADE: boolean = "WebSocketPair" in globalThis;

/** workerd and Bun hand on compressed bodies as they came; elsewhere fetch has decoded them before we see them. */
export const KEEPS_ENCODING: boolean = "WebSocketPair" in globalThis || "Bun" in globalThis;

/** What every fetch decodes that decodes at all. */
export const DECODED_ENCODINGS = "gzip, br";
