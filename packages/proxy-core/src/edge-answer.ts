import { ProxyError } from "./errors.ts";

/** By which Cloudflare's edge says that the upstream is dead. */
const STATUSES: ReadonlySet<number> = new Set([520, 521, 522, 523, 524, 525, 526, 530]);
/** Those by which it says that it waited: for a connection, for an answer. */
const TIMEOUTS: ReadonlySet<number> = new Set([522, 524]);

/** Longest body that is looked into, once decompressed. Cloudflare's JSON has about 1,200 bytes. */
const MAX_BYTES = 4096;

/**
 * The answer, unless Cloudflare's edge has made it in the place of a dead upstream. The status alone is no proof: anybody can
 * send one. These are:
 * - the header `cf-error-type`, which only the edge's own pages have:
 *   https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-error-headers/
 * - the whole body `error code: 522`, for clients that ask for nothing in particular; with a 530 the code has four digits:
 *   https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/error-530/
 * - JSON that says `"cloudflare_error": true`, for clients that ask for JSON, as SDKs do:
 *   https://developers.cloudflare.com/changelog/post/2026-04-27-structured-responses-for-5xx-errors/
 *
 * @throws ProxyError `upstream_timeout` for 522 and 524, else `upstream_unreachable`.
 */
export async function refuseEdgeAnswer(response: Response): Promise<Response> {
  const { status, headers } = response;
  if (!STATUSES.has(status) || headers.get("server")?.toLowerCase() !== "cloudflare") return response;
  if (!headers.has("cf-error-type") && !(await hasEdgeBody(response))) return response;
  await response.body?.cancel();
  const cause = new Error(`The edge answered ${status}`);
  throw new ProxyError(TIMEOUTS.has(status) ? "upstream_timeout" : "upstream_unreachable", cause);
}

async function hasEdgeBody(response: Response): Promise<boolean> {
  if (response.body === null || !maySayShortly(response.headers)) return false;
  // A copy: what is not the edge's passes with the bytes it came with, compressed ones too.
  const text = await readShort(response.clone().body as ReadableStream<Uint8Array>);
  return text.startsWith("error code: ") ? isPlain(text, response.status) : isStructured(text, response.status);
}

/** Compressed JSON does not say how long it is. */
function maySayShortly(headers: Headers): boolean {
  const length = headers.get("content-length");
  if (length !== null) return Number(length) <= MAX_BYTES;
  return /^application\/(?:problem\+)?json\b/i.test(headers.get("content-type") ?? "");
}

/** The whole text; or nothing, if it is longer than anything of the edge's, or broken. */
async function readShort(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (text.length <= MAX_BYTES) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
    reader.cancel().catch(() => {}); // not waited for: that would take the other copy
  } catch {
    // Whoever reads the answer will notice.
  }
  return "";
}

function isPlain(text: string, status: number): boolean {
  const code = text.replace(/\n$/, "");
  return code === `error code: ${status}` || (status === 530 && /^error code: 1\d{3}$/.test(code));
}

function isStructured(text: string, status: number): boolean {
  try {
    const problem = JSON.parse(text);
    return problem?.cloudflare_error === true && problem.status === status;
  } catch {
    return false;
  }
}
