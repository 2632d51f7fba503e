/** Keeps work alive after the answer has been sent. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** Counts what strangers cause, so that nobody can fill the log, or make it cost more than what it tells of. */
export interface Tally {
  /** One more; the details of the first in each second are kept. */
  add(code: string, details: object): void;
}

const SECOND_MS = 1000;

/**
 * Writes one line for each second and code, with the number. The timer hangs on no caller: `waitUntil` keeps it when the one who
 * caused the first refusal goes away, and should it be lost all the same, the next refusal writes what is due.
 *
 * @param write - Told of each code once a second has passed.
 */
export function createTally(waitUntil: WaitUntil, write: (code: string, details: object) => void): Tally {
  let counts = new Map<string, { details: object; count: number }>();
  let startedAt = 0;

  const flush = () => {
    const due = counts;
    counts = new Map();
    for (const [code, { details, count }] of due) write(code, { ...details, count });
  };
  const flushLater = async (started: Map<string, unknown>) => {
    await new Promise((resolve) => setTimeout(resolve, SECOND_MS));
    if (started === counts) flush();
  };

  return {
    add(code, details) {
      const now = Date.now();
      if (counts.size > 0 && Math.abs(now - startedAt) >= SECOND_MS) flush();
      if (counts.size === 0) {
        startedAt = now;
        waitUntil(flushLater(counts));
      }
      const counted = counts.get(code);
      if (counted) counted.count++;
      else counts.set(code, { details, count: 1 });
    },
  };
}
