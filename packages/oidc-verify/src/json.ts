import { malformed } from "./errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A JSON object from UTF-8, frozen to the bottom, with one possible reading: a name given twice in one object is refused, at
 * any depth, as parsers differ in which of the two they take (RFC 7519, section 4).
 * @throws OidcVerifyError `token_malformed`
 */
export function readJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) throw new TypeError("not a JSON object");
    if (freezeAndCountNames(value) !== countMembers(text)) throw new TypeError("a name is given twice");
    return value;
  } catch (cause) {
    throw malformed(cause);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names in a parsed value: of those given twice, one is left. Freezes on the way: verified claims have many readers. */
function freezeAndCountNames(root: object): number {
  let count = 0;
  const open: object[] = [root]; // a list, not recursion: the depth is the sender's choice
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const names = Object.keys(Object.freeze(value));
    if (!Array.isArray(value)) count += names.length;
    for (const name of names) {
      const member: unknown = (value as Record<string, unknown>)[name];
      if (typeof member === "object" && member !== null) open.push(member);
    }
  }
  return count;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Members in a valid JSON text: outside its strings, it has one colon for each. */
function countMembers(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COLON) count++;
    else if (code === QUOTE) at = endOfString(text, at);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
}
