import { DurableObject } from "cloudflare:workers";
import {
  type Denial,
  giveToRecord,
  type Limit,
  type LimitRecord,
  type LimitStatus,
  limitFromSpec,
  takeFromRecord,
} from "@org/token-limiter";
import { createTurns, type Turns } from "./turns.ts";

/** Raise it when the stored form changes, and read the older ones: an object that knows only older ones refuses. */
const SCHEMA_VERSION = 1;

const DAY_MS = 86_400_000;

type Row = { version: number; state: string; expires_at: number | null };

/**
 * The counter of one key: one row, run by the limits of `@org/token-limiter`. Each method is synchronous from read to write, so
 * the runtime cannot let another call in between; the answer leaves only after the write is durable.
 */
export class LimiterObject extends DurableObject {
  #reached = 0;
  /** The limit that was asked for last: it changes only with the worker's settings. */
  #limit: { spec: string; limit: Limit } | undefined;
  /** What is stored, once it was read. The runtime resets the object, and with it this, if a write does not become durable. */
  #stored: LimitRecord | null | undefined;
  /** In memory alone, as a denial writes nothing: an object that was evicted has forgotten whom it told to come. */
  #turns: Turns = createTurns();

  /**
   * Text both ways: a call with objects in it costs half as much again as the write.
   *
   * @param spec - The limit's spec as JSON: this object has no settings of its own.
   * @param expiresAt - When the state may be forgotten at the earliest, epoch milliseconds; `null` for never.
   * @returns The decision as JSON; of a denial that ends, with `turnMs`, as `TurnLimiter.takeOrTurn` says.
   * @throws Error if what is stored was written by a version that this one does not know. Nothing is charged.
   */
  async take(spec: string, cost: number, expiresAt: number | null): Promise<string> {
    const before = this.#read();
    const limit = this.#limitOf(spec);
    const now = this.#now();
    const { record, decision } = takeFromRecord(limit, before, now, cost, expiresAt);
    if (!decision.admitted) return JSON.stringify({ ...decision, ...this.#turnAfter(decision, limit, now, cost) });
    const answer = JSON.stringify(decision);
    if (record === null || record === before) return answer;
    this.#write(record, before === null);
    // Only now, when all is written, may anybody wait.
    if (before === null && record.expiresAt !== null) await this.ctx.storage.setAlarm(record.expiresAt);
    return answer;
  }

  /** Return units, as `Limiter.give` says. */
  give(spec: string, cost: number, takenAt: number): void {
    const before = this.#read();
    const record = giveToRecord(this.#limitOf(spec), before, this.#now(), cost, takenAt);
    if (record !== null && record !== before) this.#write(record, false);
  }

  /** Delete everything once it may be forgotten. That this time has moved since the alarm was set costs nothing until here. */
  override async alarm(): Promise<void> {
    const expiresAt = this.#readExpiry();
    if (expiresAt === null) return;
    if (this.#now() < expiresAt) return this.ctx.storage.setAlarm(expiresAt);
    this.#stored = undefined;
    await this.ctx.storage.deleteAll();
  }

  /** Of a limit that never ends there is none; nor for several units at once, which nobody here asks for. */
  #turnAfter({ deniedBy, limits }: Denial, limit: Limit, now: number, cost: number): { turnMs?: number } {
    const isIt = ({ name }: LimitStatus) => name === deniedBy;
    const { limit: units = 0, windowMs, retryAfterMs } = limits.find(isIt) ?? {};
    if (windowMs === undefined || retryAfterMs === undefined || cost > 1) return {};
    const state = this.#stored?.state ?? null;
    const waitFor = (units: number) => limit.take(state, now, units).decision.limits.find(isIt)?.retryAfterMs ?? 0;
    return { turnMs: this.#turns.next({ limit: units, windowMs }, now, waitFor) };
  }

  #readExpiry(): number | null {
    try {
      return this.#read()?.expiresAt ?? null;
    } catch {
      // Not ours to delete: a version that knows this form may be deployed again.
      return this.#now() + DAY_MS;
    }
  }

  #limitOf(spec: string): Limit {
    if (this.#limit?.spec !== spec) this.#limit = { spec, limit: limitFromSpec(JSON.parse(spec)) };
    return this.#limit.limit;
  }

  #now(): number {
    this.#reached = Math.max(this.#reached, Date.now());
    return this.#reached;
  }

  #read(): LimitRecord | null {
    if (this.#stored === undefined) this.#stored = this.#readRow();
    return this.#stored;
  }

  #readRow(): LimitRecord | null {
    const { sql } = this.ctx.storage;
    // No table is made for a mere denial.
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'record'").toArray().length === 0) return null;
    const [row] = sql.exec<Row>("SELECT version, state, expires_at FROM record").toArray();
    if (row === undefined) return null;
    if (row.version !== SCHEMA_VERSION) throw new Error(`Stored by an unknown version: ${row.version}`);
    return { state: JSON.parse(row.state), expiresAt: row.expires_at };
  }

  #write(record: LimitRecord, first: boolean): void {
    const { sql } = this.ctx.storage;
    const state = JSON.stringify(record.state);
    this.#stored = undefined; // read again if the write throws
    if (first) {
      sql.exec(
        "CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, version INTEGER, state TEXT, expires_at REAL)",
      );
      sql.exec("INSERT INTO record VALUES (1, ?, ?, ?)", SCHEMA_VERSION, state, record.expiresAt);
    } else sql.exec("UPDATE record SET state = ?, expires_at = ?", state, record.expiresAt);
    this.#stored = record;
  }
}
