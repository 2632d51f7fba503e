/** One piece of work that many callers wait for, done once at a time. */
export interface SharedFlight {
  /** Whether work has begun that is not done, alive or not. */
  isUnderWay(): boolean;
  /** Waits for the work under way, or does it. */
  join(): Promise<void>;
}

interface Flight {
  beats: number;
  landed: boolean;
  landing: Promise<void>;
}

/** How often a flight shows that it is alive, and half of how long it may be silent, milliseconds. */
const BEAT_MS = 200;

/**
 * Shares work between requests, also on workerd: there, all that a request began stops without a word when its caller goes
 * away, promises included. So a flight beats by a timer, which stops with it; whoever waits looks at the beats by a timer of
 * their own, and does the work themselves once they have stopped.
 * @param work must not reject
 */
export function createSharedFlight(work: () => Promise<void>): SharedFlight {
  let current: Flight | undefined;

  function depart(): Promise<void> {
    const flight: Flight = { beats: 0, landed: false, landing: Promise.resolve() };
    current = flight;
    const heart = setInterval(() => {
      flight.beats++;
    }, BEAT_MS);
    flight.landing = work().finally(() => {
      clearInterval(heart);
      flight.landed = true;
      if (current === flight) current = undefined;
    });
    return flight.landing;
  }

  async function join(): Promise<void> {
    while (current) {
      const flight = current;
      const { beats } = flight;
      await within(2 * BEAT_MS, flight.landing);
      if (flight.landed) return;
      if (flight.beats === beats && current === flight) current = undefined;
    }
    return depart();
  }

  return { isUnderWay: () => current !== undefined, join };
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
