import type { Decision, LimitStatus } from "../limiter.ts";
import type { Limit } from "./limit.ts";

/** Each limit's own state, by the limit's name. */
export type EveryState = Record<string, unknown>;

/**
 * Several limits at once: a take is charged to all, or, if one denies, to none. The first that denies is named, so put first
 * what matters most to the caller: a spent budget before a rate. What other limits have counted on the same key stays as it is, so
 * that callers who share some limits of a key and not others can ask for what is theirs.
 *
 * @throws TypeError if there is no limit, one is itself an `every`, or two have the same name.
 */
export function every(...limits: Limit[]): Limit<EveryState> {
  const named = limits.map((limit) => ({ name: nameOf(limit), limit }));
  if (named.length === 0) throw new TypeError("every: needs at least one limit");
  if (new Set(named.map(({ name }) => name)).size !== named.length) throw new TypeError("every: names must differ");

  const peek = (state: EveryState | null, now: number): LimitStatus[] =>
    named.flatMap(({ name, limit }) => limit.peek(state?.[name] ?? null, now));

  return {
    spec: { kind: "every", limits: limits.map(({ spec }) => spec) },
    take(state, now, cost) {
      const after: EveryState = { ...state };
      const statuses: LimitStatus[] = [];
      let deniedBy: string | undefined;
      for (const { name, limit } of named) {
        const before = state?.[name] ?? null;
        const taken = limit.take(before, now, cost);
        after[name] = taken.state;
        statuses.push(taken.decision.limits[0] as LimitStatus); // not nested, so one each
        if (!taken.decision.admitted) deniedBy ??= taken.decision.deniedBy;
      }
      if (deniedBy === undefined) {
        return { state: after, decision: { admitted: true, limits: statuses, takenAt: now } };
      }
      return { state, decision: denial(deniedBy, statuses, peek(state, now)) };
    },
    give(state, now, cost, takenAt) {
      let after = state;
      for (const { name, limit } of named) {
        const before = state[name] ?? null;
        const returned = before === null ? null : limit.give(before, now, cost, takenAt);
        if (returned !== before) after = { ...after, [name]: returned };
      }
      return after; // the very state, if there was nothing to return: then nothing is written
    },
    peek,
    expiresAt(state, keepUntil) {
      let latest = 0;
      for (const { name, limit } of named) {
        const before = state?.[name] ?? null;
        const expiresAt = before === null ? 0 : limit.expiresAt(before, keepUntil);
        if (expiresAt === null) return null;
        latest = Math.max(latest, expiresAt);
      }
      return latest;
    },
  };
}

function nameOf({ spec }: Limit): string {
  if (spec.kind === "every") throw new TypeError("every: limits must not be nested");
  return spec.name;
}

/** Nothing was charged: show every limit as it stands, with the wait of those that denied. */
function denial(deniedBy: string, tried: LimitStatus[], standing: LimitStatus[]): Decision {
  const limits = standing.map((status, i) => {
    const retryAfterMs = tried[i]?.retryAfterMs;
    return retryAfterMs === undefined ? status : { ...status, retryAfterMs };
  });
  return { admitted: false, limits, deniedBy };
}
