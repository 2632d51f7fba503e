import {
  COOKIES,
  CREDENTIAL_HEADERS,
  CREDENTIAL_KINDS,
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

/** Where a response header has URLs; `undefined` if it has none. */
export function urlPlaceOf(name: string): UrlPlace | undefined {
  return URL_HEADERS.get(name) ?? (URL_HEADER_KINDS.test(name) ? "reference" : undefined);
}

/** All that the lists say of one name. */
export interface HeaderRules {
  /** The name in canonical spelling. */
  canonical: string;
  /** Carries a credential of the caller's. */
  isCredential: boolean;
  isCookie: boolean;
  /** Of a request: stays here in every case, as the connection's own, or as it says another target or caller than the request's. */
  staysHere: boolean;
  /** Of a response: stays there in every case, as the connection's own, an origin's policy, or what the proxy itself says. */
  staysThere: boolean;
  /** Of a response: may open a session, so that it passes only where a route says so. */
  opensSession: boolean;
  /** Of a response: where it has URLs. */
  urlPlace: UrlPlace | undefined;
}

/** Names repeat from request to request; callers choose them, so there is a bound. */
const KNOWN = new Map<string, HeaderRules>();
const MAX_KNOWN = 500;

/** @param name - In lower case, as the platform tells it. */
export function rulesOf(name: string): HeaderRules {
  const known = KNOWN.get(name);
  if (known !== undefined) return known;
  const rules = judge(name);
  if (name.length > 64) return rules;
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear();
  KNOWN.set(name, rules);
  return rules;
}

function judge(name: string): HeaderRules {
  const canonical = canonicalName(name);
  const isCredential = CREDENTIAL_HEADERS.has(canonical) || CREDENTIAL_KINDS.test(canonical);
  const isCookie = COOKIES.has(canonical);
  const isHop = HOP_BY_HOP.has(canonical);
  const isOverride = OVERRIDES.has(canonical) || (OVERRIDE_KINDS.test(canonical) && !NO_OVERRIDES.has(canonical));
  return {
    canonical,
    isCredential,
    isCookie,
    staysHere: isHop || isOverride,
    staysThere: isHop || ORIGIN_POLICIES.has(canonical) || OURS_TO_SAY.test(canonical),
    opensSession: isCookie || isCredential || SESSIONS.has(canonical),
    urlPlace: urlPlaceOf(name),
  };
}
