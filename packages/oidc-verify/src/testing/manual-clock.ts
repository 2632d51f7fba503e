/** A clock that stands still until it is told to move. Call it for the time in epoch milliseconds. */
export interface ManualClock {
  /** The time, epoch milliseconds. */
  (): number;
  /**
   * Moves the clock by so many milliseconds; negative ones set it back.
   * @throws TypeError for what is no finite number
   */
  advance(ms: number): void;
  /**
   * Sets the clock, epoch milliseconds.
   * @throws TypeError for what is no finite number
   */
  set(epochMs: number): void;
}

/**
 * A clock for tests, to be given to issuer and verifier alike.
 * @param startMs what it shows first, epoch milliseconds. Default: 2026-04-01T12:00:00Z
 * @throws TypeError for what is no finite number
 */
export function createManualClock(startMs: number = Date.UTC(2026, 3, 1, 12)): ManualClock {
  let now = readTime("startMs", startMs);
  return Object.assign(() => now, {
    advance(ms: number) {
      now += readTime("ms", ms);
    },
    set(epochMs: number) {
      now = readTime("epochMs", epochMs);
    },
  });
}

/** @throws TypeError for what is no finite number */
export function readTime(name: string, ms: number): number {
  if (!Number.isFinite(ms)) throw new TypeError(`${name}: must be a number of milliseconds`);
  return ms;
}
