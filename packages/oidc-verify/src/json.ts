import { malformed } from "./errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A JSON object from UTF-8, with one possible reading: a name given twice in one object is refused, at any depth, as parsers
 * differ in which of the two they take (RFC 7519, section 4).
 * @throws OidcVerifyError `token_malformed`
 */
export function readJsonObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) throw new TypeError("not a JSON object");
    if (hasRepeatedName(value, text)) throw new TypeError("a name is given twice");
    return value;
  } catch (cause) {
    throw malformed(cause);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text that comes out of the value again has lost nothing: the usual, quick case. Else names read and names written are counted. */
function hasRepeatedName(value: object, text: string): boolean {
  return JSON.stringify(value) !== text && countNames(value) !== countMembers(text);
}

/** Outside its strings, a JSON text has one colon per member. */
function countMembers(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length - 1;
}

function countNames(root: object): number {
  let count = 0;
  const open: object[] = [root]; // a list, not recursion: the depth is the sender's choice
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const members: unknown[] = Object.values(value);
    if (!Array.isArray(value)) count += members.length;
    for (const member of members) if (typeof member === "object" && member !== null) open.push(member);
  }
  return count;
}

/** Freezes a JSON value and all in it: it is handed to every caller who shows the same token. */
export function deepFreeze<Value extends object>(root: Value): Value {
  const open: object[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const member of Object.values(Object.freeze(value)) as unknown[]) {
      if (typeof member === "object" && member !== null) open.push(member);
    }
  }
  return root;
}
