// Every list of header names that this package goes by, but for `overrides.ts`. Names are in lower case, as the platform tells
// them.

interface CredentialHeader {
  /** Only `Authorization` puts a scheme before the credential. */
  scheme?: "bearer";
  /** Read as the caller's token; all others are only kept from the upstream. */
  read: boolean;
}

/**
 * Headers in which clients carry credentials: it says what is read, in this order, and what is never forwarded, so that the
 * two cannot disagree.
 */
export const CREDENTIAL_HEADERS: ReadonlyMap<string, CredentialHeader> = new Map<string, CredentialHeader>([
  ["x-api-key", { read: true }], // Anthropic
  ["authorization", { read: true, scheme: "bearer" }], // OpenAI, Hugging Face, npm, GitHub Models
  ["api-key", { read: true }], // Azure OpenAI
  ["x-goog-api-key", { read: true }], // Gemini
  ["proxy-authorization", { read: false }],
  ["ocp-apim-subscription-key", { read: false }], // Azure API Management
  ["x-auth-token", { read: false }],
  ["x-access-token", { read: false }],
  ["x-auth-key", { read: false }],
  ["apikey", { read: false }],
  ["private-token", { read: false }], // GitLab
  ["job-token", { read: false }], // GitLab
  ["x-functions-key", { read: false }], // Azure Functions
  ["x-vault-token", { read: false }], // HashiCorp Vault
  ["cf-aig-authorization", { read: false }], // Cloudflare AI Gateway
  ["cf-access-client-secret", { read: false }], // Cloudflare Access
  ["cf-access-token", { read: false }], // Cloudflare Access
  ["helicone-auth", { read: false }],
  ["x-portkey-api-key", { read: false }],
]);

/** Meaningful for one connection only (RFC 9110 section 7.6.1), and what fetch cannot hand on. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "expect", // the 100-continue of our own connection has been answered already
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Sessions, both ways: pass only where a route says so (RFC 6265, RFC 2965). */
export const COOKIES: ReadonlySet<string> = new Set(["cookie", "cookie2", "set-cookie", "set-cookie2"]);

/**
 * Sessions that an upstream opens in a header of its own, beside those that are named like a credential of ours: worth as much
 * as a cookie.
 */
const SESSIONS: ReadonlySet<string> = new Set([
  "x-id-token",
  "x-refresh-token",
  "x-session-token",
  "x-subject-token", // OpenStack Keystone
]);

/** Whether a response header may open a session, so that it passes only where a route says so. */
export function opensSession(name: string): boolean {
  return COOKIES.has(name) || CREDENTIAL_HEADERS.has(name) || SESSIONS.has(name);
}

/**
 * In lower case, and with `-` for all but letters and digits: programs behind CGI and its like cannot tell `_` from `-`, and
 * some of them nothing from either (RFC 3875 section 4.1.18).
 */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return /[^a-z\d-]/.test(lower) ? lower.replace(/[^a-z\d]/g, "-") : lower;
}

/**
 * Where in a response header URLs stand: the whole value is one, or a list of them; in angle brackets, as in `Link`; after a
 * time, as in `Refresh`; in the parameters of a challenge.
 */
export type UrlPlace = "reference" | "link" | "refresh" | "challenge";

/** Headers that lead clients on. What they follow carries the caller's token. */
const URL_HEADERS: ReadonlyMap<string, UrlPlace> = new Map<string, UrlPlace>([
  ["azure-asyncoperation", "reference"],
  ["content-base", "reference"],
  ["dataserviceid", "reference"], // OData 3
  ["link", "link"], // RFC 8288
  ["link-template", "link"], // RFC 9652
  ["odata-entityid", "reference"], // OData 4
  ["refresh", "refresh"], // HTML standard, "shared declarative refresh steps"
  ["sourcemap", "reference"],
  ["www-authenticate", "challenge"], // registries: realm; MCP: resource_metadata (RFC 9728)
  ["x-pingback", "reference"],
  ["x-sourcemap", "reference"],
  ["x-xet-refresh-route", "reference"], // Hugging Face
]);

/**
 * The same by the name's last word: `Location`, `Content-Location`, `Operation-Location`, `Docker-Upload-Location`, `URI`,
 * `X-Goog-Upload-URL`, `X-Next-Page`, …; it may be glued to the one before, as in `OData-NextLink`.
 */
const URL_HEADER_KINDS = /(?:location|ur[il]s?|href|links?|next|prev|previous|page|redirect|endpoint)$/;

/** Where a response header has URLs; `undefined` if it has none. */
export function urlPlaceOf(name: string): UrlPlace | undefined {
  return URL_HEADERS.get(name) ?? (URL_HEADER_KINDS.test(name) ? "reference" : undefined);
}

/**
 * Response headers by which an origin speaks for itself beyond the one answer: browsers would apply them to the proxy's
 * origin, and so to all other routes. Not here: what governs only the answer that carries it (`Content-Security-Policy`,
 * `Permissions-Policy`, `Cross-Origin-*`).
 */
const ORIGIN_POLICIES: ReadonlySet<string> = new Set([
  "accept-ch",
  "accept-ch-lifetime",
  "activate-storage-access",
  "alt-svc",
  "alternate-protocol",
  "attribution-reporting-register-source",
  "attribution-reporting-register-trigger",
  "cache-group-invalidation",
  "clear-site-data",
  "critical-ch",
  "expect-ct",
  "idp-signin-status", // the former name of Set-Login
  "nel",
  "observe-browsing-topics",
  "origin-agent-cluster",
  "origin-isolation",
  "origin-policy",
  "origin-trial",
  "public-key-pins",
  "public-key-pins-report-only",
  "report-to",
  "reporting-endpoints",
  "sec-private-state-token",
  "sec-session-challenge",
  "sec-session-google-challenge",
  "sec-session-google-registration",
  "sec-session-registration",
  "secure-session-challenge",
  "secure-session-registration",
  "secure-session-skip",
  "service-worker-allowed",
  "set-login",
  "shared-storage-write",
  "speculation-rules",
  "strict-transport-security",
  "use-as-dictionary",
]);

/**
 * Whether a response header stays there in every case: the connection's own, CORS and the proxy's error codes (its own
 * business), origin policies.
 */
export function staysThere(name: string): boolean {
  return (
    HOP_BY_HOP.has(name) ||
    ORIGIN_POLICIES.has(name) ||
    name.startsWith("access-control-") ||
    name.startsWith("x-oidc-proxy-")
  );
}

/** What a route may set and says of the request's form, not of who sends it: an answer may well repeat these. */
export const NO_SECRETS: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "content-type",
  "user-agent",
]);

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** A token (RFC 9110 section 5.1). */
export function isHeaderName(name: unknown): name is string {
  return typeof name === "string" && HEADER_NAME.test(name);
}
