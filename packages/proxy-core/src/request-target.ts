import { ProxyError } from "./errors.ts";

/** Where a request wants to go, exactly as the caller wrote it. */
export interface RequestTarget {
  /** `https://host:port` of the proxy, as the caller addressed it. */
  origin: string;
  /** Lower-case host, with the port if the caller named one. */
  host: string;
  /** Undecoded, starts with `/`. */
  path: string;
  /** Undecoded, with its `?`; `""` if there is none. */
  query: string;
}

// `request.url` is not normalised in every runtime (workerd passes the request target as sent), so it is split here,
// once, and never rebuilt from a parsed URL: that would rewrite what must survive byte for byte.
const ABSOLUTE_URL = /^(https?:\/\/([^/?#@\\\s]+))(\/[^?#\\]*)(\?[^#]*)?(?:#|$)/i;

// Controls and blanks are what URL parsers silently remove; U+FFFD stands for bytes that are no UTF-8.
const UNFAITHFUL = /[\p{Cc} \ufffd]/u;

const DOT = "(?:\\.|%(?:25)*2e)";
const SLASH = "(?:/|%(?:25)*(?:2f|5c))";
/** What some server may cut off: blanks and a `;parameter`. */
const TAIL = "(?:;|%(?:25)*(?:3b|20|[01][0-9a-f]|7f))";
/** A segment that some server may take for `.` or `..`, at any depth of encoding. */
const DOT_SEGMENT = new RegExp(`${SLASH}${TAIL}*${DOT}{1,2}(?:${SLASH}|${TAIL}|$)`, "i");

/**
 * Split a request's URL without changing a byte of it.
 *
 * @throws ProxyError `route_not_allowed` for what no upstream would read as we do: dot segments in any encoding,
 * backslashes, control characters, bytes that are not UTF-8, a target without a path (RFC 9112 section 3.2).
 */
export function readTarget(url: string): RequestTarget {
  const parts = ABSOLUTE_URL.exec(url);
  if (parts === null || UNFAITHFUL.test(url)) throw new ProxyError("route_not_allowed");
  const [, origin = "", host = "", path = "", query = ""] = parts;
  if (DOT_SEGMENT.test(path)) throw new ProxyError("route_not_allowed");
  return { origin, host: host.toLowerCase(), path, query };
}
