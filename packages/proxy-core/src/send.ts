import { refuseEdgeAnswer } from "./edge-answer.ts";
import { ProxyError } from "./errors.ts";
import { DROPS_WHAT_IS_LEFT, HAS_EDGE, UNCACHED } from "./runtime.ts";
import { saysUnsent } from "./says-unsent.ts";

export type OutgoingBody = ReadableStream<Uint8Array> | ArrayBuffer | null;

/** A request, ready to leave. */
export interface Outgoing {
  url: string;
  /** The caller's: its method, its signal. */
  request: Request;
  headers: Headers;
  body: OutgoingBody;
  /** From the end of the upload to the first byte of the answer. */
  timeoutMs: number;
  /** Whether a fetch that says that it made no connection is believed. */
  trustsUnsent: boolean;
}

/**
 * Fetch once, without following redirects: they would carry the key along. The caller's signal aborts it, at any time.
 *
 * @throws ProxyError `upstream_timeout`, `upstream_unreachable`.
 */
export async function send(outgoing: Outgoing, fetch: typeof globalThis.fetch): Promise<Response> {
  const { request, timeoutMs } = outgoing;
  const isWatched = isSlow(outgoing);
  const ours = isWatched || !DROPS_WHAT_IS_LEFT ? new AbortController() : undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isTimeout = false;
  let isAnswered = false;
  let startTimer = () => {};
  const silence = new Promise<never>((_, reject) => {
    startTimer = () => {
      if (isAnswered) return;
      timer = setTimeout(() => {
        isTimeout = true;
        ours?.abort();
        reject(new Error("No answer in time"));
      }, timeoutMs);
    };
  });
  const body = isWatched ? watch(outgoing, startTimer, () => ours?.abort()) : outgoing.body;
  if (!isWatched) startTimer();
  try {
    const signal = ours ? AbortSignal.any([request.signal, ours.signal]) : request.signal;
    const answer = start({ ...outgoing, body }, signal, fetch);
    return await Promise.race([HAS_EDGE ? answer.then(refuseEdgeAnswer) : answer, silence]);
  } catch (cause) {
    if (isTimeout) throw new ProxyError("upstream_timeout", cause);
    if (cause instanceof ProxyError) throw cause;
    throw new ProxyError("upstream_unreachable", cause, outgoing.trustsUnsent && saysUnsent(cause));
  } finally {
    isAnswered = true;
    if (timer !== undefined) clearTimeout(timer);
  }
}

function start({ url, request, headers, body }: Outgoing, signal: AbortSignal, fetch: typeof globalThis.fetch) {
  const { method } = request;
  const init = {
    headers,
    redirect: "manual",
    signal,
    duplex: "half", // Node asks for it with a streaming body
    decompress: false, // Bun would decode
    ...UNCACHED,
  } as const;
  if (body === null || (method !== "GET" && method !== "HEAD")) return fetch(url, { ...init, method, body });
  // fetch refuses a body here, but a request that came with one (workerd only) may be passed on with it.
  return fetch(new Request(url, request), init);
}

/** Longer uploads, or such as do not say how long they are, may rightly take longer than the upstream's answer. */
const QUICK_BYTES = 1 << 20;

function isSlow({ request, body }: Outgoing): boolean {
  if (!(body instanceof ReadableStream) || request.method === "GET" || request.method === "HEAD") return false;
  const length = request.headers.get("content-length");
  return length === null || !(Number(length) <= QUICK_BYTES);
}

/** workerd's own streams move bytes without waking JavaScript, and keep the length. */
interface NativeStreams {
  FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
  IdentityTransformStream?: new () => TransformStream<Uint8Array, Uint8Array>;
}

/**
 * The same body, in a stream that tells when all of it has been sent, and when the caller broke it off. Breaking off must
 * abort the request: an aborted native stream would end like a whole body, and half an upload look like all of it.
 */
function watch({ request, body }: Outgoing, onSent: () => void, onBroken: () => void): ReadableStream<Uint8Array> {
  const { FixedLengthStream, IdentityTransformStream } = globalThis as NativeStreams;
  const source = body as ReadableStream<Uint8Array>;
  const length = request.headers.get("content-length");
  const through =
    FixedLengthStream && length !== null
      ? new FixedLengthStream(Number(length))
      : new (IdentityTransformStream ?? TransformStream)<Uint8Array, Uint8Array>();
  source.pipeTo(through.writable, { preventAbort: true, preventCancel: true }).then(onSent, () => {
    // Only a source that failed refuses to be cancelled; an upstream that answers without reading on is no failure.
    source.cancel().then(onSent, onBroken);
  });
  return through.readable;
}
