import { CREDENTIAL_HEADERS, secretsIn, withoutCredentials } from "./credential.ts";
import { ProxyError } from "./errors.ts";
import type { PreparedRoute } from "./route.ts";

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

/** About the caller's connection to us, and not the upstream's business. */
const CALLER = new Set(["cookie", "forwarded", "host", "true-client-ip", "x-real-ip"]);

/** The caller's headers as they may go upstream, without the key. */
export type HeaderList = [name: string, value: string][];

/**
 * What of the caller's headers goes upstream: no credential, used or not, in whatever header it stands; nothing about
 * the caller's connection.
 *
 * @throws ProxyError `route_not_allowed` if the path or query carries one of the caller's credentials.
 */
export function rewriteRequestHeaders(
  headers: Headers,
  route: PreparedRoute,
  target: string,
  isUpgrade: boolean,
): HeaderList {
  const named = namedBy(headers.get("connection"));
  const secrets: string[] = [];
  const kept: HeaderList = [];
  for (const entry of headers) {
    const [name, value] = entry;
    if (CREDENTIAL_HEADERS.has(name)) secrets.push(...secretsIn(value));
    else if (!isPrivate(name) && !named.has(name) && !isSet(route, name)) kept.push(entry);
  }
  if (secrets.some((secret) => target.includes(secret))) throw new ProxyError("route_not_allowed");
  const clean = secrets.length === 0 && !isUpgrade ? kept : withoutSecrets(kept, secrets);
  for (const [name, value] of route.headers) clean.push([name, value]);
  if (isUpgrade) clean.push(["upgrade", "websocket"]);
  return clean;
}

function isPrivate(name: string): boolean {
  return HOP_BY_HOP.has(name) || CALLER.has(name) || name.startsWith("cf-") || name.startsWith("x-forwarded-");
}

function isSet(route: PreparedRoute, name: string): boolean {
  return name === route.authHeader || route.headers.some(([set]) => set === name);
}

function withoutSecrets(headers: HeaderList, secrets: readonly string[]): HeaderList {
  const clean: HeaderList = [];
  for (const entry of headers) {
    if (entry[0] === "sec-websocket-protocol") {
      const subprotocols = withoutCredentials(entry[1], secrets);
      if (subprotocols !== "") clean.push([entry[0], subprotocols]);
    } else if (!secrets.some((secret) => entry[1].includes(secret))) clean.push(entry);
  }
  return clean;
}

const NONE: ReadonlySet<string> = new Set();

/** The header names that a `Connection` header lists. */
export function namedBy(connection: string | null): ReadonlySet<string> {
  if (connection === null || connection === "" || /^(?:keep-alive|close)$/i.test(connection)) return NONE;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
