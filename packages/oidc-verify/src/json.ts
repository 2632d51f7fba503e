import { malformed } from "./errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * JSON with one possible reading: a name given twice in one object is refused, at any depth and in any spelling, as parsers differ
 * in which of the two they take (RFC 8259, section 4); so is a member named `__proto__`, which a copy made by assignment turns
 * into a prototype.
 * @throws SyntaxError for any other text. Its own text quotes nothing of it
 */
export function parseJson(text: string): unknown {
  const value = parse(text);
  const names = typeof value === "object" && value !== null ? countNames(value) : 0;
  if (names !== countMembers(text)) throw new SyntaxError("a name is given twice in one object");
  return value;
}

/**
 * A JSON object from UTF-8, read as `parseJson` does.
 * @throws OidcVerifyError `token_malformed`
 */
export function readJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(utf8.decode(bytes));
  } catch {
    throw malformed();
  }
  if (!isObject(value)) throw malformed();
  return value;
}

function parse(text: string): unknown {
  try {
    if (typeof text === "string") return JSON.parse(text);
  } catch {
    // A parser's message quotes what it read.
  }
  throw new SyntaxError("no JSON");
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Freezes a parsed value to the bottom: verified claims have many readers.
 * @returns how many members and items, and how many objects and lists, there are within, at any depth
 */
export function freezeDeep(root: object): { members: number; objects: number } {
  const found = objectsIn(root);
  let members = 0;
  for (const value of found) members += Object.keys(Object.freeze(value)).length;
  return { members, objects: found.length - 1 };
}

/** Names in a parsed value: of those given twice, one is left. */
function countNames(root: object): number {
  let count = 0;
  for (const value of objectsIn(root)) {
    if (Array.isArray(value)) continue;
    if (Object.hasOwn(value, "__proto__")) throw new SyntaxError("a member is named __proto__");
    count += Object.keys(value).length;
  }
  return count;
}

/** The value and all objects and lists within. No recursion: the depth is the sender's choice. */
function objectsIn(root: object): object[] {
  const found = [root];
  for (const value of found) {
    for (const member of Object.values(value)) {
      if (typeof member === "object" && member !== null) found.push(member);
    }
  }
  return found;
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
