import { type CallerHeaders, withoutCredentials } from "./credential.ts";
import type { HeaderRules } from "./header-rules.ts";
import type { PreparedRoute } from "./route.ts";
import { DECODED_ENCODINGS, KEEPS_ENCODING } from "./runtime.ts";

/**
 * The caller's headers as they may go upstream: no credential, used or not, in whatever header it stands; nothing about
 * the caller's connection, no override, no cookie unless the route passes them; the route's own headers, without its key.
 * One native copy, from which names are taken out: building headers from pairs costs ten times as much.
 */
export function rewriteRequestHeaders(
  headers: Headers,
  { secrets, others, credentialNames }: CallerHeaders,
  route: PreparedRoute,
  isUpgrade: boolean,
): Headers {
  const copy = new Headers(headers);
  const named = namedBy(headers.get("connection"));
  for (const name of credentialNames) copy.delete(name);
  for (const { name, rules, value } of others) {
    const isHandshake = rules.canonical.startsWith(HANDSHAKE) && !(isUpgrade && name === rules.canonical);
    const holds = (secret: string) => value.includes(secret) || isIn(name, secret);
    if (isHandshake || named.has(name) || isWithheld(rules, route) || secrets.some(holds)) copy.delete(name);
  }
  if (!KEEPS_ENCODING) askForDecoded(copy);
  if (isUpgrade) setUpgrade(copy, headers.get("sec-websocket-protocol"), secrets);
  for (const [name, value] of route.headers) copy.set(name, value);
  return copy;
}

/** What these headers may carry, a credential too, is looked into in a handshake only (RFC 6455 section 11.3). */
const HANDSHAKE = "sec-websocket-";

/** What the route sets is taken out in every spelling: the upstream may not tell them apart. */
function isWithheld({ canonical, staysHere, isCookie }: HeaderRules, route: PreparedRoute): boolean {
  return staysHere || (isCookie && !route.passesCookies) || route.setNames.has(canonical);
}

/** Names keep their case on the wire, and are told to us in lower case. */
function isIn(name: string, secret: string): boolean {
  return name.length >= secret.length && name.includes(secret.toLowerCase());
}

/** Who is asked for anything else may send what this runtime does not decode. A range of encoded bytes can be decoded by nobody. */
function askForDecoded(headers: Headers): void {
  const encodings = headers.get("accept-encoding");
  if (headers.has("range")) headers.set("accept-encoding", "identity");
  else if (encodings !== null && encodings.trim() !== "identity") headers.set("accept-encoding", DECODED_ENCODINGS);
}

/** A handshake of its own, for the subprotocols that carry no credential. */
function setUpgrade(headers: Headers, subprotocols: string | null, secrets: readonly string[]): void {
  headers.set("upgrade", "websocket");
  const clean = subprotocols === null ? "" : withoutCredentials(subprotocols, secrets);
  if (clean === "") headers.delete("sec-websocket-protocol");
  else headers.set("sec-websocket-protocol", clean);
}

const NONE: ReadonlySet<string> = new Set();

/** The header names that a `Connection` header lists. */
export function namedBy(connection: string | null): ReadonlySet<string> {
  if (connection === null || connection === "" || /^(?:keep-alive|close)$/i.test(connection)) return NONE;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
