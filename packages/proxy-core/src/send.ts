import { ProxyError } from "./errors.ts";
import type { HeaderList } from "./rewrite-request.ts";

export type OutgoingBody = ReadableStream<Uint8Array> | ArrayBuffer | null;

/** A request, ready to leave. */
export interface Outgoing {
  url: string;
  /** The caller's: its method, its signal. */
  request: Request;
  headers: HeaderList;
  body: OutgoingBody;
  /** From the end of the upload to the first byte of the answer. */
  timeoutMs: number;
}

/**
 * Fetch once, without following redirects: they would carry the key along. The caller's signal aborts it, at any time.
 *
 * @throws ProxyError `upstream_timeout`, `upstream_unreachable`.
 */
export async function send(outgoing: Outgoing, fetch: typeof globalThis.fetch): Promise<Response> {
  const { request, timeoutMs } = outgoing;
  const timeout = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAnswered = false;
  const startTimer = () => {
    if (!isAnswered) timer = setTimeout(() => timeout.abort(), timeoutMs);
  };
  const body = isSlow(outgoing) ? watch(outgoing.body as ReadableStream, outgoing, startTimer) : outgoing.body;
  if (body === outgoing.body) startTimer();
  try {
    return await start({ ...outgoing, body }, AbortSignal.any([request.signal, timeout.signal]), fetch);
  } catch (cause) {
    throw new ProxyError(timeout.signal.aborted ? "upstream_timeout" : "upstream_unreachable", cause);
  } finally {
    isAnswered = true;
    clearTimeout(timer);
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

/** The same stream; `onEnd` is called once all of it has been sent, or sending failed. */
function watch(body: ReadableStream<Uint8Array>, { request }: Outgoing, onEnd: () => void): ReadableStream<Uint8Array> {
  const { FixedLengthStream, IdentityTransformStream } = globalThis as NativeStreams;
  const length = request.headers.get("content-length");
  const through =
    FixedLengthStream && length !== null
      ? new FixedLengthStream(Number(length))
      : new (IdentityTransformStream ?? TransformStream)<Uint8Array, Uint8Array>();
  body.pipeTo(through.writable).then(onEnd, onEnd);
  return through.readable;
}
