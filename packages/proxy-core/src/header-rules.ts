import {
  COOKIES,
  CREDENTIAL_HEADERS,
  HOP_BY_HOP,
  NO_OVERRIDES,
  ORIGIN_POLICIES,
  OURS_TO_SAY,
  OVERRIDE_KINDS,
  OVERRIDES,
  SESSIONS,
  URL_HEADER_KINDS,
  URL_HEADERS,
  type UrlPlace,
} from "./headers.ts";

/**
 * In lower case, and with `-` for all but letters and digits: programs behind CGI and its like cannot tell `_` from `-`, and
 * some of them nothing from either (RFC 3875 section 4.1.18).
 */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return /[^a-z\d-]/.test(lower) ? lower.replace(/[^a-z\d]/g, "-") : lower;
}

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** A token (RFC 9110 section 5.1). */
export function isHeaderName(name: unknown): name is string {
  return typeof name === "string" && HEADER_NAME.test(name);
}

/** Whether a response header may open a session, so that it passes only where a route says so. */
export function opensSession(name: string): boolean {
  return COOKIES.has(name) || CREDENTIAL_HEADERS.has(name) || SESSIONS.has(name);
}

/** Whether a response header stays there in every case: the connection's own, an origin's policies, what the proxy itself says. */
export function staysThere(name: string): boolean {
  return HOP_BY_HOP.has(name) || ORIGIN_POLICIES.has(name) || OURS_TO_SAY.test(name);
}

/** Where a response header has URLs; `undefined` if it has none. */
export function urlPlaceOf(name: string): UrlPlace | undefined {
  return URL_HEADERS.get(name) ?? (URL_HEADER_KINDS.test(name) ? "reference" : undefined);
}

/** Names repeat from request to request; callers choose them, so there is a bound. */
const KNOWN = new Map<string, boolean>();
const MAX_KNOWN = 500;

/** Whether a request header says another target or caller than the request's own. */
export function isOverride(name: string): boolean {
  const known = KNOWN.get(name);
  if (known !== undefined) return known;
  const judged = OVERRIDES.has(name) || (OVERRIDE_KINDS.test(name) && !NO_OVERRIDES.has(name));
  if (name.length > 64) return judged;
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear();
  KNOWN.set(name, judged);
  return judged;
}
