/** One request that tries the other keys, for all that wait for its outcome. */
export interface KeyTrial {
  isUnderWay(): boolean;
  /** Resolves when the trial under way is over, and else after a while: look again whether one is under way. */
  wait(): Promise<void>;
  /** Makes this the trial that others wait for. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

interface Run {
  beats: number;
  ending: Promise<unknown>;
}

/** How often a trial shows that it is alive, and half of how long it may be silent, milliseconds. */
const BEAT_MS = 200;

/**
 * On workerd all that a request began stops without a word when its caller goes away, promises included. So a trial beats by a
 * timer, which stops with it; whoever waits looks at the beats by a timer of their own.
 */
export function createKeyTrial(): KeyTrial {
  let current: Run | undefined;

  return {
    isUnderWay: () => current !== undefined,
    async wait() {
      if (!current) return;
      const run = current;
      const { beats } = run;
      await within(2 * BEAT_MS, run.ending);
      if (run.beats === beats && current === run) current = undefined;
    },
    async run(work) {
      const run: Run = { beats: 0, ending: Promise.resolve() };
      current = run;
      const heart = setInterval(() => {
        run.beats++;
      }, BEAT_MS);
      const result = work().finally(() => {
        clearInterval(heart);
        if (current === run) current = undefined;
      });
      run.ending = result.catch(() => {});
      return result;
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
