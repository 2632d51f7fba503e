import { foldWidth } from "./careless-path.ts";

/**
 * A path in pieces, decoded once: each begins with its separator, which is `/`, `ENCODED_SLASH` or `ENCODED_BACKSLASH`.
 */
export interface DecodedPath {
  pieces: readonly string[];
  /** The same as a server reads it that ends a path at a decoded `?` or `#`, and cuts off `;parameters`. */
  bare: readonly string[];
}

// Control characters can stand for these: a path that holds one has no reading.
export const ENCODED_SLASH = "\x01";
const ENCODED_BACKSLASH = "\x02";

/** A place where a piece begins. */
const SEPARATOR = new RegExp(`(?=[/${ENCODED_SLASH}${ENCODED_BACKSLASH}])`);

/** What can be decoded once more, by whatever server (`%u002f` by old ones), and control characters. */
const AMBIGUOUS = /%(?:u[\da-f]{4}|[\da-f]{2})|\p{Cc}/iu;

/**
 * Decode a path once. An encoded slash or backslash is neither a separator nor a part of a segment, as upstreams differ
 * in that, but a separator of its own kind.
 *
 * @returns null if it cannot be decoded, could be decoded twice, or holds a control character: such a path has no reading.
 */
export function decodePath(path: string): DecodedPath | null {
  try {
    const once = decodeURIComponent(path);
    if (AMBIGUOUS.test(once)) return null;
    const marked = path.replace(/%2f/gi, ENCODED_SLASH).replace(/%5c/gi, ENCODED_BACKSLASH);
    const pieces = splitPath(markLookalikes(marked === path ? once : decodeURIComponent(marked)));
    return { pieces, bare: /[;?#]/.test(once) ? bareOf(pieces) : pieces };
  } catch {
    return null;
  }
}

/** A pattern or path in pieces, each with the separator that it begins with. */
export function splitPath(path: string): string[] {
  return path.split(SEPARATOR);
}

/** What Unicode holds compatible with a slash or backslash, such as `／`, may become one where it is folded. */
function markLookalikes(path: string): string {
  return path.replace(/[^\0-~]/gu, (char) => (/[/\\]/.test(foldWidth(char)) ? ENCODED_BACKSLASH : char));
}

function bareOf(pieces: readonly string[]): readonly string[] {
  const end = pieces.findIndex((piece) => /[?#]/.test(piece));
  const read = end < 0 ? pieces : pieces.slice(0, end + 1);
  return read.map((piece) => piece.split(/[;?#]/, 1)[0] ?? "");
}
