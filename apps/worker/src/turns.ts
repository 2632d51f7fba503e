/** Moments to come back, one for each caller who was refused: told the same moment, all but a few would be refused again. */
export interface Turns {
  /**
   * When one who was refused a unit shall come, milliseconds from now: never before the limit would admit them, always less than a
   * minute.
   *
   * @param window - Of the limit that refused: its units, and its length.
   * @param waitFor - Milliseconds until the limit would admit so many units, were nobody else to come.
   */
  next(window: { limit: number; windowMs: number }, now: number, waitFor: (units: number) => number): number;
}

/** What OpenAI's SDKs and Anthropic's for Python still obey: told a minute or more, they choose a wait of their own. */
const LONGEST_WAIT_MS = 59_999;
/** Bounds the memory, 8 KB. */
const MAX_TURNS = 1000;
/** In windows: whoever is that much later than those who come after, by the network or a busy machine, costs nobody their turn. */
const SLACK = 0.1;
/** Once somebody was too late all the same. For most SDKs the next try is the last. */
const WIDE_SLACK = 1;
/** A timer may ring up to a millisecond early. */
const EARLY_MS = 1;

/**
 * The first come as units are freed, all others a window and its slack after the one who stands as many places before them as the
 * window has units. Nothing is set aside: whoever else comes while a unit is free gets it. Whose turn would be too late, or one too
 * many to remember, is told the latest possible moment, and gets a turn when they come.
 */
export function createTurns(): Turns {
  let promised: number[] = [];
  let isLate = false;
  return {
    next({ limit, windowMs }, now, waitFor) {
      const coming = promised.filter((turn) => turn > now);
      // Turns have passed, others are to come, and somebody is refused: perhaps one whose turn it was.
      isLate = coming.length > 0 && (isLate || coming.length < promised.length);
      promised = coming;
      const place = promised.length;
      const before = promised[place - limit];
      const distance = Math.ceil(windowMs * (1 + (isLate ? WIDE_SLACK : SLACK)));
      const free = before === undefined ? now + waitFor(place + 1) + EARLY_MS : before + distance;
      const turn = Math.max(free, promised.at(-1) ?? 0);
      const latest = now + LONGEST_WAIT_MS;
      if (turn <= latest && place < MAX_TURNS) promised.push(turn);
      return Math.min(turn, latest) - now;
    },
  };
}
