/** Largest answer read, bytes. A key set is about 5 KiB. */
const MAX_BYTES = 100 * 1024;

/** Reads JSON from an issuer: status 200 only, no redirect followed, at most 100 KiB. */
export async function fetchJson(fetch: typeof globalThis.fetch, url: string, signal: AbortSignal): Promise<unknown> {
  // "manual", as workerd knows no "error": a redirect then has a status that is not 200.
  const response = await fetch(url, { headers: { accept: "application/json" }, redirect: "manual", signal });
  if (response.status !== 200 || response.redirected) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  const text = await readText(response, url);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url} answered no JSON`); // a parser's message quotes what it read
  }
}

async function readText(response: Response, url: string): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_BYTES) {
      await reader?.cancel();
      throw new Error(`${url} answered more than ${MAX_BYTES} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
