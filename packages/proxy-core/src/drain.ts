const MAX_BYTES = 64 * 1024;
const MAX_MS = 1000;

/**
 * Read what is left of a request's body, and forget it: 64 KiB and one second at most. A caller who still writes when the answer
 * comes may find the connection closed, and never read why (RFC 9112 section 9.6). Does nothing if there is no body, or
 * somebody else reads it. Never throws.
 *
 * What is left beyond that stays unread: to cancel it would, on Node's streams, take the connection along, and with it the answer.
 */
export async function drain({ body, bodyUsed }: Request): Promise<void> {
  if (!body || bodyUsed || body.locked) return;
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, MAX_MS);
  });
  try {
    await Promise.race([readSome(reader), late]);
  } catch {
    // The caller went away: nobody will read the answer.
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}

async function readSome(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let left = MAX_BYTES; left > 0; ) {
    const { done, value } = await reader.read();
    if (done) return;
    left -= value.byteLength || 1; // else a stream of empty pieces would let no timer ring
  }
}
