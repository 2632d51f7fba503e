/** A clock that stands still until it is told to move. Call it for the time in epoch milliseconds. */
export interface ManualClock {
  (): number;
  advance(ms: number): void;
  set(epochMs: number): void;
}

export function createManualClock(startMs: number = Date.UTC(2026, 3, 1, 12)): ManualClock {
  let now = startMs;
  return Object.assign(() => now, {
    advance(ms: number) {
      now += ms;
    },
    set(epochMs: number) {
      now = epochMs;
    },
  });
}
