/**
 * A path with each character that Unicode holds compatible with others, such as `／` or `．`, replaced by these: some
 * servers do so. One by one, as composing a whole text takes time that grows with its square.
 */
export function foldWidth(path: string): string {
  return path.replace(/[^\0-~]/gu, (char) => char.normalize("NFKC"));
}

/** Nothing in a path that consists of these alone, without empty segments, can be read in another way. */
const ODD = /[^a-z\d/_:@-]|\/\//;

/**
 * A decoded path as the most careless of upstreams reads it: in lower case, backslashes as slashes, nothing after a `?` or
 * `#`, no parameters, no blanks and dots around a segment, no empty segments. Whatever prefix any other reading has, this
 * one has too. Without trailing slash, so `""` for `/`.
 */
export function carelessly(decoded: string): string {
  if (!ODD.test(decoded)) return decoded.endsWith("/") ? decoded.slice(0, -1) : decoded;
  const [path = ""] = foldWidth(decoded).toLowerCase().replaceAll("\\", "/").split(/[?#]/, 1);
  return path
    .split("/")
    .map(bareName)
    .filter((name) => name !== "")
    .map((name) => `/${name}`)
    .join("");
}

function bareName(segment: string): string {
  const [name = ""] = segment.split(";", 1);
  const isCutOff = (char: string | undefined) => char === "." || char?.trim() === "";
  let end = name.length;
  while (end > 0 && isCutOff(name[end - 1])) end--;
  return name.slice(0, end).trimStart();
}
