import { foldWidth } from "./careless-path.ts";
import { ProxyError } from "./errors.ts";

/** Where a request wants to go, exactly as the caller wrote it. */
export interface RequestTarget {
  /** `https://host:port` of the proxy, as the caller addressed it. */
  origin: string;
  /** Lower-case host, with the port if the caller named one. */
  host: string;
  /** Undecoded, starts with `/`. */
  path: string;
  /** The path, decoded until nothing is left to decode. Never forwarded. */
  decodedPath: string;
  /** Undecoded, with its `?`; `""` if there is none. */
  query: string;
}

// `request.url` is not normalised in every runtime (workerd passes the request target as sent), so it is split here,
// once, and never rebuilt from a parsed URL: that would rewrite what must survive byte for byte.
const ABSOLUTE_URL = /^(https?:\/\/([^/?#@\\\s]+))(\/[^?#\\]*)(\?[^#]*)?(?:#|$)/i;

// Controls and blanks are what URL parsers silently remove; U+FFFD stands for bytes that are no UTF-8.
const UNFAITHFUL = /[\p{Cc} \ufffd]/u;

/**
 * A segment of a decoded path that some server may take for `.` or `..`: blanks and controls may be cut off or dropped,
 * and a `;parameter`, a `?` or a `#` may end it.
 */
const DOT_SEGMENT = /[/\\][;\s\p{Cc}]*\.(?:[\s\p{Cc}]*\.)?(?:[/\\;?#\s\p{Cc}]|$)/u;

/** What some server decodes; `%u002e` is of old ones, and malformed (RFC 3986 section 2.1). */
const ENCODED = /%(?:u[\da-f]{4}|[\da-f]{2})/i;

/** Nobody encodes an honest path more often, and each time is work. */
const MAX_DECODINGS = 4;

/**
 * Split a request's URL without changing a byte of it.
 *
 * @throws ProxyError `route_not_allowed` for what no upstream would read as we do: dot segments in any encoding, a path
 * whose percent-encoding is malformed or no UTF-8 (RFC 3986 section 2.1), or is still one when decoded four times,
 * backslashes, control characters, a target without a path (RFC 9112 section 3.2).
 */
export function readTarget(url: string): RequestTarget {
  const parts = ABSOLUTE_URL.exec(url);
  if (parts === null || UNFAITHFUL.test(url)) throw new ProxyError("route_not_allowed");
  const [, origin = "", host = "", path = "", query = ""] = parts;
  return { origin, host: host.toLowerCase(), path, decodedPath: decodeFully(path), query };
}

/** Some server decodes again what was decoded, so that each step is a path that must hold no dot segment. */
function decodeFully(path: string): string {
  let decoded = path;
  for (let times = 0; !DOT_SEGMENT.test(foldWidth(decoded)); times++) {
    // A lone % may be left over from decoding, and is then one; it never stands in a path as it is sent.
    if (!(times === 0 ? decoded.includes("%") : ENCODED.test(decoded))) return decoded;
    if (times === MAX_DECODINGS) break;
    decoded = decodeOnce(decoded);
  }
  throw new ProxyError("route_not_allowed");
}

function decodeOnce(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new ProxyError("route_not_allowed", cause);
  }
}
