import { fetchJson } from "./fetch-json.ts";
import { isSecure, knownJwksUri } from "./issuers.ts";
import { isObject } from "./json.ts";

/**
 * An issuer's key set, unread: from its known address, or by discovery (OpenID Connect Discovery 1.0, section 4).
 * @throws Error whatever stands in the way, a time-out included
 */
export async function fetchKeys(issuer: string, fetch: typeof globalThis.fetch, timeoutMs: number): Promise<unknown> {
  return withTimeout(timeoutMs, async (signal) => {
    const address = knownJwksUri(issuer) ?? (await discover(issuer, fetch, signal));
    return fetchJson(fetch, address, signal);
  });
}

async function discover(issuer: string, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<string> {
  const document = await fetchJson(fetch, `${issuer}/.well-known/openid-configuration`, signal);
  if (!isObject(document) || document.issuer !== issuer) throw new Error("discovery names another issuer");
  const { jwks_uri } = document;
  if (typeof jwks_uri !== "string" || !URL.canParse(jwks_uri) || !isSecure(new URL(jwks_uri))) {
    throw new Error("discovery: jwks_uri must be an https URL");
  }
  return jwks_uri;
}

/** A time-out of our own beside the signal: an injected `fetch` may not heed it. */
function withTimeout<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new Error(`no answer within ${ms} ms`);
      controller.abort(error);
      reject(error);
    }, ms);
    void work(controller.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
