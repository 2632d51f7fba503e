/** Longest wait for a sign of life, milliseconds. */
const TIMEOUT_MS = 2000;

/**
 * Whether an upstream takes no connection at all: asked once more at its base, without key or body. No runtime tells a refused
 * connection from one that broke after the upstream had begun to work; and a caller can break a connection on purpose.
 * Silence counts as life.
 */
export async function isDown(baseUrl: string, fetch: typeof globalThis.fetch): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(baseUrl, { method: "HEAD", redirect: "manual", signal });
    await answer.body?.cancel();
    return false;
  } catch (error) {
    return !(error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError"));
  }
}
