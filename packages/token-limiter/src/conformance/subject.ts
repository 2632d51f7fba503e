import type { Limiter } from "../limiter.ts";
import type { Limit } from "../limits/limit.ts";

/** How the suite makes and handles the implementation under test. */
export interface ConformanceTarget {
  /**
   * A limiter on an empty store. Its time is what `setNow` last said. The suite begins in the year 2100, so that a store's own
   * timers, which follow the real time, do not come in between.
   */
  create(limit: Limit): ConformanceSubject | Promise<ConformanceSubject>;
  /** What the implementation cannot do, said openly: the cases that need it are left out. Default: nothing. */
  lacks?: readonly Capability[];
}

/**
 * `restart`: what was charged survives the process. `connect`: several processes share one store. `count_keys`, `measure_bytes`:
 * the test can look into the store.
 */
export type Capability = "restart" | "connect" | "count_keys" | "measure_bytes";

/** One limiter under test. */
export interface ConformanceSubject {
  limiter: Limiter;
  /** Set the time that the limiter sees, epoch milliseconds. It may go backwards. */
  setNow(epochMs: number): void | Promise<void>;
  /** Drop all that is held in memory, as a crash does, and answer a limiter on the same store. */
  restart?(): Limiter | Promise<Limiter>;
  /** Another limiter on the same store, as another process has it. The first stays in use. */
  connect?(): Limiter | Promise<Limiter>;
  /** Keys remembered, once whatever cleans up by the time of `setNow` has run. */
  countKeys?(): number | Promise<number>;
  /** Bytes stored in all, near enough. */
  measureBytes?(): number | Promise<number>;
  /** The case is over. */
  close?(): void | Promise<void>;
}

/** One rule as a test: `run` rejects with an `Error` that says what was broken. */
export interface ConformanceCase {
  /** What is tested, as a sentence. */
  name: string;
  /** Runs the case. */
  run(): Promise<void>;
}

/** A case as the suite writes it: `subject` makes a limiter, with the time at {@link START}. */
export interface CaseDefinition {
  name: string;
  needs?: Capability;
  run(subject: (limit: Limit) => Promise<Required<ConformanceSubject>>): Promise<void>;
}

/** Noon, so that a day's end lies on both sides. */
export const START: number = Date.UTC(2100, 0, 1, 12);
export const SECOND = 1000;
export const DAY = 86_400_000;
