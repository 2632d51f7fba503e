/**
 * Milliseconds since an instant; without end if it lies ahead. Then the clock was set back, and what waits for time to pass must
 * not wait for the clock to come round again.
 */
export function elapsed(sinceMs: number, nowMs: number): number {
  return nowMs >= sinceMs ? nowMs - sinceMs : Number.POSITIVE_INFINITY;
}
