const isWorkerd = "WebSocketPair" in globalThis;

/** Only workerd hands out the other end of an upgraded connection. */
export const CAN_UPGRADE: boolean = isWorkerd;

const isDeno = "Deno" in globalThis;
const isBun = "Bun" in globalThis;

/** workerd and Bun hand on compressed bodies as they came; elsewhere fetch has decoded them before we see them. */
export const KEEPS_ENCODING: boolean = isWorkerd || isBun;

/** What every fetch decodes that decodes at all. */
export const DECODED_ENCODINGS = "gzip, br";

const NODE_CODING = knowsZstd() ? /^(?:(?:x-)?gzip|deflate|br|zstd)$/i : /^(?:(?:x-)?gzip|deflate|br)$/i;

/**
 * Where encodings are not kept: whether fetch has decoded a body of this `Content-Encoding`; it leaves the header as it was. As
 * tried on each: Deno decodes a single coding, unless a range or `identity` was asked for; Node a list if it knows every one of
 * it, and nothing of any other.
 */
export function hasDecoded(encoding: string, sent: Headers): boolean {
  if (isDeno) {
    return /^(?:gzip|br)$/i.test(encoding) && !sent.has("range") && sent.get("accept-encoding") !== "identity";
  }
  return encoding.split(",").every((coding) => NODE_CODING.test(coding.trim()));
}

/**
 * workerd drops what a request leaves under way once it is answered, and has the caller's own signal at hand. A signal of ours
 * on top of that would cost a sixth of the whole request there; elsewhere nothing else ends a fetch.
 */
export const DROPS_WHAT_IS_LEFT: boolean = isWorkerd;

/** Cloudflare's edge stands between workerd and the upstream, and answers in the place of a dead one. */
export const HAS_EDGE: boolean = isWorkerd;

/**
 * On Cloudflare, fetch reads through a cache that knows a URL and not whose key was sent, so that two routes could share an
 * answer. Said this way, and not as `cache: "no-store"`, which adds request headers.
 * https://developers.cloudflare.com/workers/runtime-apis/request/#the-cf-property-requestinitcfproperties
 */
export const UNCACHED: object = isWorkerd ? { cf: { cacheTtl: -1 } } : {};

/**
 * Only Node says reliably that it made no connection. Bun and Deno send a request again by themselves when a kept connection
 * breaks, and then report what the second connection did; workerd has one error for everything.
 */
export const SAYS_UNSENT: boolean = isNode() && !isWorkerd && !isBun && !isDeno;

/** Bun and Deno say so, too. */
function isNode(): boolean {
  return nodeProcess()?.release?.name === "node";
}

/** undici, which is Node's fetch, does from version 7.11 on, in Node 24. */
function knowsZstd(): boolean {
  const [major = 0, minor = 0] = (nodeProcess()?.versions?.undici ?? "").split(".").map(Number);
  return major > 7 || (major === 7 && minor >= 11);
}

function nodeProcess() {
  const { process } = globalThis as { process?: { release?: { name?: string }; versions?: { undici?: string } } };
  return process;
}
