import { OVERDUE_MS } from "./key-state.ts";

/** One request that tries the other keys, for all that wait for its outcome. */
export interface KeyTrial {
  isUnderWay(): boolean;
  /** Resolves when the trial under way is over, or overdue. On workerd it dies without a word if its caller goes away. */
  wait(): Promise<void>;
  /** Makes this the trial that others wait for. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createKeyTrial(): KeyTrial {
  let current: { startedMs: number; ending: Promise<unknown> } | undefined;

  return {
    isUnderWay: () => current !== undefined,
    async wait() {
      if (!current) return;
      const leftMs = current.startedMs + OVERDUE_MS - Date.now();
      if (leftMs > 0) await within(Math.min(leftMs, OVERDUE_MS), current.ending);
    },
    async run(work) {
      const result = work();
      const run = { startedMs: Date.now(), ending: result.catch(() => {}) };
      current = run;
      try {
        return await result;
      } finally {
        if (current === run) current = undefined;
      }
    },
  };
}

/** Resolves when the promise does, or when the time is over. */
function within(ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
