/** One piece of work that many callers wait for, done once at a time. */
export interface SharedFlight {
  /** Whether work has begun that is not done, alive or not. */
  isUnderWay(): boolean;
  /** Waits for the work under way, or does it. Rejects as the work does. */
  join(): Promise<void>;
}

interface Flight {
  beats: number;
  outcome?: { readonly error?: unknown };
  landed: Promise<void>;
}

/** How often a flight shows that it is alive, and half of how long it may be silent, milliseconds. */
const BEAT_MS = 200;

/**
 * Work that is shared between requests, also on workerd: there, all that a request began stops without a word when its caller
 * goes away, promises included. So a flight beats by a timer, which stops with it; whoever waits looks at the beats by a timer
 * of their own, and does the work themselves once they have stopped.
 */
export function createSharedFlight(work: () => Promise<void>): SharedFlight {
  let current: Flight | undefined;

  async function depart(): Promise<void> {
    const flight: Flight = { beats: 0, landed: Promise.resolve() };
    const heart = setInterval(() => {
      flight.beats++;
    }, BEAT_MS);
    current = flight;
    const settle = (outcome: { readonly error?: unknown }) => {
      clearInterval(heart);
      flight.outcome = outcome;
      if (current === flight) current = undefined;
    };
    flight.landed = work().then(
      () => settle({}),
      (error: unknown) => settle({ error }),
    );
    await flight.landed;
    rethrow(flight);
  }

  async function join(): Promise<void> {
    while (current) {
      const flight = current;
      const { beats } = flight;
      await within(2 * BEAT_MS, flight.landed);
      if (flight.outcome) return rethrow(flight);
      if (flight.beats === beats && current === flight) current = undefined;
    }
    return depart();
  }

  return { isUnderWay: () => current !== undefined, join };
}

function rethrow({ outcome }: Flight): void {
  if (outcome && "error" in outcome) throw outcome.error;
}

/** Resolves when the promise does, or when the time is over. */
function within(ms: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
