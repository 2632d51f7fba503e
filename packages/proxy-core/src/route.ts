import { type AllowList, createAllowList } from "./allow-list.ts";
import { canonicalName, isHeaderName } from "./header-rules.ts";
import { HOP_BY_HOP } from "./headers.ts";
import { type PresetName, presets } from "./presets.ts";
import {
  isHeaderValue,
  isPrefix,
  isSecret,
  type SecretValue,
  secretsOfHeader,
  secretsOfKey,
  textOf,
} from "./route-secrets.ts";
import { createSecretSearch, type SecretSearch } from "./secret-search.ts";

/** One upstream and how to reach it. */
export interface RouteOptions {
  /** Names the route in events. Default: its `host` and `prefix`. */
  name?: string;
  /**
   * Path under which the route answers, cut off before forwarding: with `/openai`, `/openai/v1/models` goes to
   * `/v1/models`. It matches whole segments only, as they are written; a path that some server may read as a more
   * specific route's (`/%61dmin`, `//admin`, `/Admin`) is refused. Default: `/`, every path.
   */
  prefix?: string;
  /** Host name, with or without port, that the caller must address. Default: any. */
  host?: string;
  /**
   * Fills in what is not set here: address, key header and allowed endpoints of a well-known API. What the proxy refuses on this route
   * it says in that API's error shape.
   */
  preset?: PresetName;
  /**
   * Base URL of the upstream, `https:` (`http:` for a loopback host only), with or without a base path. Required unless
   * the preset has one.
   */
  upstream?: string;
  /** Request header that carries the key. Default: the preset's, else `Authorization`. */
  authHeader?: string;
  /** Put before the key, verbatim. Default: the preset's, else empty. */
  authPrefix?: string;
  /**
   * The upstream's key; or two or more of them while you rotate. When the upstream answers 401, the request is sent again with
   * the next one, if its body can be: there is none, or its `Content-Length` is at most `replayBytes`. If no key passes, the 401
   * is the caller's own, and for a minute no other request is sent twice.
   */
  key: string | readonly [string, ...string[]];
  /**
   * Set on every request, over what the caller sent. A `SecretValue` is guarded like the key. Of other values those of 16 characters
   * or more may be secrets, too: an answer's header that repeats one, or what one says after `Basic`, is dropped, as if it were
   * the key. `accept`, `content-type` and their like are no secrets.
   */
  headers?: Readonly<Record<string, string | SecretValue>>;
  /**
   * `"pass"` lets cookies through, both ways: the upstream's `Set-Cookie`, which may open a session that is worth as much as the
   * key, and the caller's `Cookie`. Domain and path in them stay the upstream's. So do sessions in the upstream's other headers
   * (`Authorization`, `X-Auth-Token`, `X-Subject-Token`, …). Default: all of these stay behind.
   */
  cookies?: "pass";
  /**
   * The only requests that pass, relative to the route's prefix: `"POST /v1/messages"`, `"GET /v1/models/*"`. `*` is one
   * or more characters in one segment, `%2F` an encoded slash (`"PUT /@*%2F*"`), which `*` never is, `**` at the end the
   * rest of the path; the method can be `*`; GET includes HEAD. A method that the query names (`?_method=DELETE`) must be
   * allowed as well. Default: the preset's, else everything.
   */
  allow?: readonly string[];
  /**
   * Lets WebSockets through, in Workers; `allow` must hold the handshake, a GET. To whoever counts requests, a WebSocket is one,
   * however long it lives and whatever is said on it. Default: `false`, an upgrade is refused.
   */
  websocket?: boolean;
  /** Milliseconds to the first byte of the answer. Default: the router's. */
  upstreamTimeoutMs?: number;
}

/** A route, checked and made ready, so that a request costs as little as possible. */
export interface PreparedRoute<R extends RouteOptions = RouteOptions> {
  options: R;
  name: string;
  /** Without trailing slash; `""` for every path. */
  prefix: string;
  host: string;
  /** Origin and base path, without trailing slash. */
  upstream: string;
  upstreamOrigin: string;
  /** Without trailing slash. */
  basePath: string;
  keys: readonly string[];
  /** Whether a text repeats a key, or a secret that the route's headers set. */
  repeatsSecret: SecretSearch;
  passesCookies: boolean;
  authHeader: string;
  authPrefix: string;
  headers: readonly (readonly [string, string])[];
  /** Canonical names of those that carry a key or another secret: what an answer says in them may open a session. */
  secretNames: ReadonlySet<string>;
  /** Canonical names of all headers that the route sets, the key's included. */
  setNames: ReadonlySet<string>;
  allows: AllowList;
  opensWebSockets: boolean;
  timeoutMs: number;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** What a timer can count. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** @throws TypeError that names the option and its rule; never its value, which may be a secret. */
export function prepareRoute<R extends RouteOptions>(options: R, timeoutMs: number, at: string): PreparedRoute<R> {
  const preset = readPreset(options.preset);
  const prefix = (options.prefix ?? "").replace(/\/$/, "");
  const host = (options.host ?? "").toLowerCase();
  const name = options.name ?? `${host}${prefix || "/"}`;
  const check = (rule: boolean, text: string) => {
    if (!rule) throw new TypeError(`${at}: ${text}`);
  };
  check(/^(?:\/(?!\.\.?(?:\/|$))[^\s/?#\\%*]+)*$/.test(prefix), "prefix must be a path such as /openai");
  check(/^(?:[a-z\d.-]+|\[[\da-f:]+\])?(?::\d+)?$/.test(host), "host must be a host name such as llm.example.com");

  const authHeader = options.authHeader ?? preset?.authHeader ?? "authorization";
  const authPrefix = options.authPrefix ?? preset?.authPrefix ?? "";
  const keys = typeof options.key === "string" ? [options.key] : (options.key ?? []);
  check(isSettable(authHeader), "authHeader must be a header name, and not one of the connection's own");
  check(isPrefix(authPrefix), "authPrefix must be printable ASCII");
  check(keys.length > 0 && keys.every(isSecret), "key must be printable ASCII, no blanks");

  const headers = Object.entries(options.headers ?? {});
  const valid = headers.every(([header, value]) => isSettable(header) && isHeaderValue(value));
  check(valid, "headers must be header names, and not the connection's own, with printable ASCII values");
  const names = new Set(headers.map(([header]) => header.toLowerCase()));
  check(names.size === headers.length, "headers must name each header once");
  check(!names.has(authHeader.toLowerCase()), "headers must not name authHeader, which carries the key");
  const { websocket = false } = options;
  check(typeof websocket === "boolean", "websocket must be true or false");
  const { cookies } = options;
  check(cookies === undefined || cookies === "pass", 'cookies must be "pass", or left out');
  const timeout = options.upstreamTimeoutMs ?? timeoutMs;
  check(Number.isInteger(timeout) && timeout > 0 && timeout <= MAX_TIMEOUT_MS, "upstreamTimeoutMs must be 1 to 2^31-1");

  const url = readUpstream(options.upstream ?? preset?.upstream);
  check(url !== null, "upstream must be an https URL (http for a loopback host) without user, query or fragment");
  const basePath = (url?.pathname ?? "").replace(/\/$/, "");
  const upstreamOrigin = url?.origin ?? "";
  const allow = options.allow ?? preset?.allow;
  return {
    options,
    name,
    prefix,
    host,
    upstream: upstreamOrigin + basePath,
    upstreamOrigin,
    basePath,
    keys,
    repeatsSecret: createSecretSearch([
      ...keys.flatMap((key) => secretsOfKey(authPrefix, key)),
      ...headers.flatMap(([header, value]) => secretsOfHeader(header, value)),
    ]),
    passesCookies: cookies === "pass",
    authHeader: authHeader.toLowerCase(),
    authPrefix,
    headers: headers.map(([header, value]) => [header.toLowerCase(), textOf(value)]),
    secretNames: new Set(
      [authHeader, ...headers.flatMap(([header, value]) => (typeof value === "string" ? [] : [header]))].map(
        canonicalName,
      ),
    ),
    setNames: new Set([authHeader, ...headers.map(([header]) => header)].map(canonicalName)),
    allows: allow === undefined ? () => true : createAllowList(allow),
    opensWebSockets: websocket,
    timeoutMs: timeout,
  };
}

/** What frames the message or belongs to one connection is for fetch to say (RFC 9110 section 7.6.1). */
function isSettable(header: string): boolean {
  const name = header.toLowerCase();
  return isHeaderName(name) && name !== "host" && name !== "content-length" && !HOP_BY_HOP.has(name);
}

function readPreset(name: PresetName | undefined) {
  if (name === undefined) return undefined;
  if (!Object.hasOwn(presets, name)) throw new TypeError(`preset must be one of ${Object.keys(presets).join(", ")}`);
  return presets[name];
}

function readUpstream(upstream: string | undefined): URL | null {
  if (upstream === undefined || /[?#@\s\\]/.test(upstream) || !URL.canParse(upstream)) return null;
  const url = new URL(upstream);
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname)) ? url : null;
}
