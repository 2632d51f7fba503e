import type { UrlPlace } from "./headers.ts";
import type { PreparedRoute } from "./route.ts";

/** What the addresses of one route are, there and here. */
type Addresses = Pick<PreparedRoute, "upstreamOrigin" | "basePath" | "prefix">;

// What stands before a URL. Nothing is tried twice: after the first alternatives all is optional. A value that was sent several
// times arrives joined by a comma and a blank, which cannot stand in a URL; neither can an angle bracket. A list of references may
// do without the blank: there a comma before a scheme or two slashes ends a URL.
const OPENERS: Record<UrlPlace, RegExp> = {
  reference: /(?:^|,(?=[ \t"'<]|https?:|[/\\]{2})|<)[\s\p{Cc}]*["'<]?[\s\p{Cc}]*/giu,
  link: /(?:^|,[ \t]|,(?=")|<|[;,\s](?:anchor|var-base)[ \t]*=)[\s\p{Cc}]*["'<]?[\s\p{Cc}]*/giu,
  refresh: /(?:^|,[ \t]|<)[\s\p{Cc}]*[\d.]*\s*[;,]?\s*(?:url\s*=)?[\s\p{Cc}]*["'<]?[\s\p{Cc}]*/giu,
  challenge: /[,\s](?:realm|[a-z_-]*(?:ur[il]|metadata|server|endpoint))[ \t]*=[ \t]*["'<]?[\s\p{Cc}]*/giu,
};

/** Where a URL ends, by what stands before it. */
const ENDS: Readonly<Record<string, RegExp>> = { '"': /["<]/g, "'": /['<]/g, "<": /[<>]/g };
const END = /,[ \t]|["<>]/g;
const REFERENCE_ENDS: Readonly<Record<string, RegExp>> = {
  '"': /["<]|,(?=https?:|[/\\]{2})/gi,
  "'": /['<]|,(?=https?:|[/\\]{2})/gi,
  "<": /[<>]/g,
};
const REFERENCE_END = /,(?=[ \t]|https?:|[/\\]{2})|["<>]/gi;
/** A challenge's parameter without quotes (RFC 9110 section 11.2). */
const TOKEN_END = /[\s,"<>]/g;
const UNQUOTED_ENDS: Readonly<Record<UrlPlace, RegExp>> = {
  reference: REFERENCE_END,
  link: END,
  refresh: END,
  challenge: TOKEN_END,
};

/**
 * A response header's value with every URL below the upstream's base path moved to the proxy's address; all else, foreign URLs
 * and those of the upstream's other paths, stays to the byte (RFC 9110 section 10.2.2, RFC 8288, RFC 3986 section 4.2).
 */
export function rewriteUrls(value: string, place: UrlPlace, addresses: Addresses, proxyOrigin: string): string {
  let written = "";
  let done = 0;
  const opener = OPENERS[place];
  opener.lastIndex = 0;
  for (let match = opener.exec(value); match !== null; match = opener.exec(value)) {
    const start = match.index + match[0].length;
    const end = endOf(value, start, match[0], place);
    const moved = moveUrl(value.slice(start, end), addresses, proxyOrigin);
    if (moved !== null) {
      // What follows an address without a path may otherwise be read as part of it: as a user, with an `@` later on.
      const slash = moved === proxyOrigin && end < value.length ? "/" : "";
      written += value.slice(done, start) + moved + slash;
      done = end;
    }
    opener.lastIndex = Math.max(end, match.index + 1);
  }
  return written + value.slice(done);
}

function endOf(value: string, start: number, opened: string, place: UrlPlace): number {
  const quote = opened.trimEnd().at(-1) ?? "";
  const ends = place === "reference" ? REFERENCE_ENDS : ENDS;
  const end = ends[quote] ?? UNQUOTED_ENDS[place];
  end.lastIndex = start;
  return end.exec(value)?.index ?? value.length;
}

/** A URL as browsers read it: they drop tabs and line ends wherever they stand (URL standard, section 4.4). */
const IGNORED = /[\t\n\r]/g;
/** A scheme with however many slashes, an authority; or else slashes, one of which makes a path (and a backslash is one). */
const URL_HEAD = /^(?:(https?):[/\\]*|[/\\]{2,})([^/\\?#{]*)/i;

/** The same URL by the proxy's address; `null` if it is not below the upstream's base path, or cannot be written safely. */
function moveUrl(url: string, { upstreamOrigin, basePath, prefix }: Addresses, proxyOrigin: string): string | null {
  const text = url.replace(IGNORED, "");
  const [head = "", scheme, authority = ""] = URL_HEAD.exec(text) ?? [];
  if (head === "" && (basePath === prefix || !/^[/\\]/.test(text))) return null;
  if (head !== "" && !isUpstream(scheme, authority, upstreamOrigin)) return null;
  const rest = restBelow(text.slice(head.length), basePath);
  if (rest === null) return null;
  const path = prefix === "" && rest !== "" && !rest.startsWith("/") ? `/${rest}` : prefix + rest;
  if (head !== "") return proxyOrigin + path;
  if (path === "") return "/";
  return isPlainPath(path) ? path : null;
}

/** Whether an authority is the upstream's, however it is written; one with a user is not. */
function isUpstream(scheme: string | undefined, authority: string, upstreamOrigin: string): boolean {
  const own = new URL(upstreamOrigin);
  const address = `${scheme ?? own.protocol.slice(0, -1)}://${authority}`;
  if (authority === "" || authority.includes("@") || !URL.canParse(address)) return false;
  const { protocol, hostname, port } = new URL(address);
  if (withoutRootDot(hostname) !== withoutRootDot(own.hostname)) return false;
  if (protocol === own.protocol) return port === own.port;
  // Behind whoever ends TLS for it, an upstream may take itself for plain HTTP: its clients would send the token in the clear.
  return own.protocol === "https:" && (port === own.port || (own.port === "" && port === "443"));
}

const withoutRootDot = (hostname: string) => hostname.replace(/\.$/, "");

/** What follows the base path in a URL's path, query and fragment; `null` if it is not below it. */
function restBelow(target: string, basePath: string): string | null {
  const pathLength = target.search(/[?#]/);
  const rawPath = (pathLength < 0 ? target : target.slice(0, pathLength)).replaceAll("\\", "/");
  const path = DOT_SEGMENT.test(rawPath) ? new URL(`http://host${rawPath}`).pathname : rawPath;
  const length = lengthOfBase(path, basePath);
  if (length === null) return null;
  return path.slice(length) + (pathLength < 0 ? "" : target.slice(pathLength));
}

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** How much of the path spells the base path, percent-encodings of the same character being one (RFC 3986 section 6.2.2). */
function lengthOfBase(path: string, basePath: string): number | null {
  let at = 0;
  for (let base = 0; base < basePath.length; ) {
    const [expected, baseStep] = unitAt(basePath, base);
    const [unit, step] = unitAt(path, at);
    if (unit !== expected) return null;
    base += baseStep;
    at += step;
  }
  return at === path.length || path[at] === "/" || path[at] === "{" ? at : null;
}

/** The character at a place, decoded if it needs no encoding, and how long it is written. */
function unitAt(text: string, at: number): [unit: string, length: number] {
  const [encoded] = /^%[\da-f]{2}/i.exec(text.slice(at, at + 3)) ?? [];
  if (encoded === undefined) return [text.charAt(at), 1];
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return [/[\w.~-]/.test(character) ? character : encoded.toUpperCase(), 3];
}

/** One slash, and then nothing that any reader could take for a second one, or drop so that a second one follows. */
function isPlainPath(path: string): boolean {
  return !/^\/(?:[/\\{\s\p{Cc}]|%(?:25)*(?:2f|5c|[01][\da-f]|20|7f))/iu.test(path);
}
