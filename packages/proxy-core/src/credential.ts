import { ProxyError } from "./errors.ts";
import { type HeaderRules, rulesOf } from "./header-rules.ts";
import { CREDENTIAL_HEADERS } from "./headers.ts";

/** Subprotocols in which browsers carry a credential, as they cannot set headers on a WebSocket. */
const CREDENTIAL_SUBPROTOCOL = /^(?:openai-insecure-api-key|base64url\.bearer\.authorization\.k8s\.io)\./;

/**
 * The credential that the caller presents: from `x-api-key`, else `Authorization`, else `api-key`, else `x-goog-api-key`. In
 * `Authorization` it stands after `Bearer` or `token`, or is what `Basic` says: the password, in its absence the user (RFC 7617
 * section 2); schemes in any case (RFC 9110 section 11.1). Never from the query string. The same value sent twice is one.
 *
 * @throws ProxyError `missing_token` if there is none, or only one of another scheme, or that is no base64 of printable ASCII.
 */
export function readCredential(request: Request): string {
  for (const [name, { read }] of CREDENTIAL_HEADERS) {
    const value = read ? request.headers.get(name) : null;
    const credential = value === null ? "" : credentialIn(name, value);
    if (credential !== "") return credential;
  }
  throw new ProxyError("missing_token");
}

const BEARER = 'Bearer realm="oidc-proxy"';

/**
 * What a 401 for want of a credential asks for, a value of `WWW-Authenticate` (RFC 9110 section 11.6.1): a bearer token, or Basic,
 * without an offer of which git keeps to itself what it has. Basic is not offered to browsers, which would ask their user for a
 * password; they say `Sec-Fetch-Mode` or `Origin`.
 */
export function challengeFor({ headers }: Request): string {
  const isBrowser = headers.has("sec-fetch-mode") || headers.has("origin");
  return isBrowser ? BEARER : `${BEARER}, Basic realm="oidc-proxy"`;
}

/** Pieces of fewer characters are too likely to stand in an honest value by chance. */
export const MIN_SECRET = 16;
/** What no token68 holds. Searching for what ends a secret takes half the time of matching all of a long one. */
const NO_SECRET = /[^\w.~+/-]+/;

/** Everything in a credential header's value that might be a secret, whatever surrounds it (RFC 9110 section 11.2). */
export function secretsIn(value: string): string[] {
  return value.split(NO_SECRET).filter(({ length }) => length >= MIN_SECRET);
}

const BASIC = /\bbasic[ \t]+([\w+/-]+)/gi;

/**
 * What Basic credentials say in base64: all of it, the password, and whatever else in it might be a secret. Of a user only what may
 * be one: in the place of a password, or too long to be one by chance. And the base64 itself, in both its alphabets.
 *
 * @param minLength - Shorter ones are left out.
 */
export function basicSecretsIn(value: string, minLength: number): string[] {
  return [...value.matchAll(BASIC)].flatMap(([, encoded = ""]) => {
    const text = fromBase64(encoded);
    const { user, password } = partsOf(text);
    const users = password === "" || user.length >= MIN_SECRET ? [user] : [];
    const said = [text, password, ...users, ...secretsIn(text.replaceAll(":", " "))];
    const secrets = said.filter(({ length }) => length >= minLength);
    const spellings = [forUrls(encoded), notForUrls(encoded)].filter(({ length }) => length >= MIN_SECRET);
    return [...secrets, ...secrets.map(fromUtf8), ...spellings];
  });
}

/** Without a colon all of it is the user. */
function partsOf(text: string): { user: string; password: string } {
  const colon = text.indexOf(":");
  return colon < 0 ? { user: text, password: "" } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

// RFC 4648 has two alphabets, which differ in two signs.
const forUrls = (base64: string) => base64.replaceAll("+", "-").replaceAll("/", "_");
const notForUrls = (base64: string) => base64.replaceAll("-", "+").replaceAll("_", "/");

/** Without padding, for URLs or not; `""` for a length that none has: an exception for each would be dear. */
function fromBase64(encoded: string): string {
  return encoded.length % 4 === 1 ? "" : atob(notForUrls(encoded));
}

/** Headers show bytes as characters; JSON escapes the characters themselves. */
function fromUtf8(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/** More pieces than any honest set of credentials has: each is read, and searched for in the whole request. */
const MAX_SECRETS = 32;

function holdsTooMany(value: string): boolean {
  return value.split(/basic[ \t]/i, MAX_SECRETS + 2).length > MAX_SECRETS + 1;
}

/** The caller's headers, gone through once: in workerd that costs as much as copying them. */
export interface CallerHeaders {
  /** Everything in credential headers that might be a secret, used or not, each once. */
  secrets: readonly string[];
  /** All headers but these. */
  others: readonly { name: string; rules: HeaderRules; value: string }[];
  /** Names of the credential headers, as they came. */
  credentialNames: readonly string[];
}

/** @throws ProxyError `route_not_allowed` for more than 32 secrets: to search for so many would be work without bound. */
export function readCallerHeaders(headers: Headers): CallerHeaders {
  const secrets = new Set<string>();
  const others: { name: string; rules: HeaderRules; value: string }[] = [];
  const credentialNames: string[] = [];
  // forEach: in workerd an iterator costs twice as much.
  headers.forEach((value, name) => {
    const rules = rulesOf(name);
    if (!rules.isCredential) {
      others.push({ name, rules, value });
      return;
    }
    credentialNames.push(name);
    if (holdsTooMany(value)) throw new ProxyError("route_not_allowed");
    for (const secret of secretsIn(value)) secrets.add(secret);
    for (const secret of basicSecretsIn(value, MIN_SECRET)) secrets.add(secret);
    if (secrets.size > MAX_SECRETS) throw new ProxyError("route_not_allowed");
  });
  return { secrets: [...secrets], others, credentialNames };
}

function credentialIn(name: string, value: string): string {
  if (!value.includes(",")) return CREDENTIAL_HEADERS.get(name)?.hasScheme ? afterScheme(value) : value.trim();
  // A header sent twice arrives joined by commas.
  const items = value.split(",", MAX_SECRETS).map((item) => credentialIn(name, item));
  return [...new Set(items.filter((item) => item !== ""))].join(", ");
}

function afterScheme(value: string): string {
  const [, scheme = "", credential = ""] = /^\s*(bearer|token|basic)[ \t]+(.*)$/i.exec(value) ?? [];
  return scheme.toLowerCase() === "basic" ? saidInBasic(credential.trim()) : credential.trim();
}

/** `""` for what is no base64, and for what no header can hold. */
function saidInBasic(encoded: string): string {
  const [, base64 = ""] = /^([\w+/-]+)={0,2}$/.exec(encoded) ?? [];
  const { user, password } = partsOf(fromBase64(base64));
  const credential = password || user;
  return /^[\x20-\x7e]*$/.test(credential) ? credential : "";
}

/** The subprotocols that carry no credential, as a header value; `""` if none is left. */
export function withoutCredentials(subprotocols: string, secrets: readonly string[]): string {
  return subprotocols
    .split(",")
    .map((item) => item.trim())
    .filter((item) => !CREDENTIAL_SUBPROTOCOL.test(item) && !secrets.some((secret) => item.includes(secret)))
    .join(", ");
}
