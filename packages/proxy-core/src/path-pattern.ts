import { type DecodedPath, ENCODED_SLASH, splitPath } from "./decoded-path.ts";

/** One piece of a pattern: the literal parts around its stars. A piece without stars is one part. */
type PiecePattern = readonly string[];

/**
 * Compile a path in which `*` stands for one or more characters of a segment, `%2F` for an encoded slash and `**` at the
 * end for anything. What it returns takes time in proportion to the path: no expression that could backtrack.
 */
export function compilePathPattern(pattern: string): (path: DecodedPath) => boolean {
  const isOpen = pattern.endsWith("**");
  const text = (isOpen ? pattern.slice(0, -2) : pattern).replace(/%2f/gi, ENCODED_SLASH);
  const wanted = splitPath(text).map((piece) => piece.split("*"));
  const matches = (pieces: readonly string[]) =>
    (isOpen ? pieces.length >= wanted.length : pieces.length === wanted.length) &&
    wanted.every((parts, index) => matchesPiece(parts, pieces[index] ?? "", isOpen && index === wanted.length - 1));
  // Who writes a parameter into a rule has an upstream that reads it.
  return text.includes(";")
    ? ({ pieces }) => matches(pieces)
    : ({ pieces, bare }) => matches(pieces) && (bare === pieces || matches(bare));
}

/**
 * The parts in their order, with at least one character between any two. The leftmost place of each leaves the most to
 * those after it, so that the first attempt decides.
 */
function matchesPiece(parts: PiecePattern, piece: string, isOpen: boolean): boolean {
  const [first = "", ...others] = parts;
  if (others.length === 0) return isOpen ? piece.startsWith(first) : piece === first;
  if (!piece.startsWith(first)) return false;
  const last = isOpen ? "" : (others.pop() ?? "");
  let end = first.length;
  for (const part of others) {
    const start = piece.indexOf(part, end + 1);
    if (start < 0) return false;
    end = start + part.length;
  }
  return isOpen || (piece.length - last.length > end && piece.endsWith(last));
}
