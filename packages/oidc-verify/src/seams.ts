/** What a verifier and a key resolver have of the world around them. */
export interface Seams {
  /** Epoch milliseconds. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Fetches keys. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Keeps a refresh in the background alive after the answer is sent: pass `waitUntil` of `cloudflare:workers` on Workers.
   * Without it such a refresh may die with its request there, and a later request then waits for its own. What it throws is
   * ignored.
   */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

/** @throws TypeError for what is no function */
export function readSeams({ clock, fetch, waitUntil }: Seams): Seams {
  for (const [name, seam] of Object.entries({ clock, fetch, waitUntil })) {
    if (seam !== undefined && typeof seam !== "function") throw new TypeError(`${name}: must be a function`);
  }
  return { ...(clock && { clock }), ...(fetch && { fetch }), ...(waitUntil && { waitUntil }) };
}
