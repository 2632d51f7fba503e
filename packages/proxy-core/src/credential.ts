import { ProxyError } from "./errors.ts";
import { canonicalName } from "./header-rules.ts";
import { CREDENTIAL_HEADERS } from "./headers.ts";

/** Subprotocols in which browsers carry a credential, as they cannot set headers on a WebSocket. */
const CREDENTIAL_SUBPROTOCOL = /^(?:openai-insecure-api-key|base64url\.bearer\.authorization\.k8s\.io)\./;

/**
 * The credential that the caller presents: from `x-api-key`, else `Authorization: Bearer` (scheme in any case, RFC 9110
 * section 11.1), else `api-key`, else `x-goog-api-key`. Never from the query string. The same value sent twice is one.
 *
 * @throws ProxyError `missing_token` if there is none, or only one of another scheme.
 */
export function readCredential(request: Request): string {
  for (const [name, { read }] of CREDENTIAL_HEADERS) {
    const value = read ? request.headers.get(name) : null;
    const credential = value === null ? "" : credentialIn(name, value);
    if (credential !== "") return credential;
  }
  throw new ProxyError("missing_token");
}

/** Pieces of less than 16 characters are too likely to stand in an honest value by chance. */
const SECRETS = /[\w.~+/-]{16,}/g;

/** Everything in a credential header's value that might be a secret, whatever surrounds it (RFC 9110 section 11.2). */
export function secretsIn(value: string): string[] {
  return value.match(SECRETS) ?? [];
}

/**
 * What a Basic credential says in base64 (RFC 7617 section 2): all of it, and the password. Of a user only what may be a secret:
 * in the place of a password, or too long to be one by chance.
 *
 * @param minLength - Shorter ones are left out.
 */
export function basicSecretsIn(value: string, minLength: number): string[] {
  const text = fromBase64(/\bbasic[ \t]+([\w+/-]+)/i.exec(value)?.[1] ?? "");
  const [, user = text, password = ""] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const users = password === "" || user.length >= 16 ? [user] : [];
  const secrets = [text, password, ...users].filter(({ length }) => length >= minLength);
  return [...secrets, ...secrets.map(fromUtf8)];
}

/** With or without padding, for URLs or not; `""` if it is none. */
function fromBase64(encoded: string): string {
  try {
    return atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}

/** Headers show bytes as characters; JSON escapes the characters themselves. */
function fromUtf8(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/** More pieces than any honest set of credentials has: each is searched for in the whole request. */
const MAX_SECRETS = 32;

/** The caller's headers, gone through once: in workerd that costs as much as copying them. */
export interface CallerHeaders {
  /** Everything in credential headers that might be a secret, used or not, each once. */
  secrets: readonly string[];
  /** All headers but these, with their names in canonical spelling. */
  others: readonly { name: string; canonical: string; value: string }[];
  /** Names of the credential headers, as they came. */
  credentialNames: readonly string[];
}

/** @throws ProxyError `route_not_allowed` for more than 32 secrets: to search for so many would be work without bound. */
export function readCallerHeaders(headers: Headers): CallerHeaders {
  const secrets = new Set<string>();
  const others: { name: string; canonical: string; value: string }[] = [];
  const credentialNames: string[] = [];
  // forEach: in workerd an iterator costs twice as much.
  headers.forEach((value, name) => {
    const canonical = canonicalName(name);
    if (!CREDENTIAL_HEADERS.has(canonical)) {
      others.push({ name, canonical, value });
      return;
    }
    credentialNames.push(name);
    for (const secret of secretsIn(value)) secrets.add(secret);
  });
  if (secrets.size > MAX_SECRETS) throw new ProxyError("route_not_allowed");
  return { secrets: [...secrets], others, credentialNames };
}

function credentialIn(name: string, value: string): string {
  const bare = CREDENTIAL_HEADERS.get(name)?.hasScheme ? bearer(value) : value.trim();
  if (!bare.includes(",")) return bare;
  // A header sent twice arrives joined by commas.
  const items = value.split(",").map((item) => credentialIn(name, item));
  const [first = "", ...others] = items.filter((item) => item !== "");
  return others.every((other) => other === first) ? first : bare;
}

function bearer(value: string): string {
  return /^\s*bearer +(.*)$/i.exec(value)?.[1]?.trim() ?? "";
}

/** The subprotocols that carry no credential, as a header value; `""` if none is left. */
export function withoutCredentials(subprotocols: string, secrets: readonly string[]): string {
  return subprotocols
    .split(",")
    .map((item) => item.trim())
    .filter((item) => !CREDENTIAL_SUBPROTOCOL.test(item) && !secrets.some((secret) => item.includes(secret)))
    .join(", ");
}
