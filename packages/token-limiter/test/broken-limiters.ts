import type { Denial, Limiter } from "../src/limiter.ts";
import type { Limit } from "../src/limits/limit.ts";
import { limitFromSpec } from "../src/limits/limit-from-spec.ts";
import { quota } from "../src/limits/quota.ts";
import type { SlidingWindowState } from "../src/limits/sliding-window.ts";
import type { TokenBucketState } from "../src/limits/token-bucket.ts";
import { giveToRecord, type LimitRecord, takeFromRecord } from "../src/record.ts";
import type { Sabotage, Steps } from "./store-limiter.ts";

type Kind = Limit["spec"]["kind"];

/** Another limit in place of each of this kind, also inside `every`. */
const instead = (kind: Kind, replace: (limit: Limit) => Limit): Sabotage => ({
  limit: (limit) => (limit.spec.kind === kind ? replace(limit) : limit),
});
const altered = (kind: Kind, changes: (limit: Limit) => Partial<Limit>): Sabotage =>
  instead(kind, (limit) => ({ ...limit, ...changes(limit) }));

const wrapped = (changes: (limiter: Limiter) => Partial<Limiter>): Sabotage => ({
  limiter: (limiter) => ({ ...limiter, ...changes(limiter) }),
});

const keyed = (keyOf: Steps["keyOf"]): Sabotage => ({ steps: () => ({ keyOf }) });

const longer = (ms: number) => (limit: Limit) => {
  const { spec } = limit;
  return spec.kind === "sliding_window" ? limitFromSpec({ ...spec, windowMs: spec.windowMs + ms }) : limit;
};

/** Forgets what has expired, and asks nothing of the take's own expiresAt. */
const expiring = (keepUntil: (record: LimitRecord | null, expiresAt: number | null) => number | null): Sabotage => ({
  steps: ({ read, clock }) => ({
    read(key) {
      const record = read(key);
      return (record?.expiresAt ?? Number.POSITIVE_INFINITY) <= clock() ? null : record;
    },
    take(limit, record, now, cost = 1, expiresAt = null) {
      const { state, decision } = limit.take(record?.state ?? null, now, cost);
      if (!decision.admitted) return { record, decision };
      return { record: { state, expiresAt: keepUntil(record, expiresAt) }, decision };
    },
  }),
});

const brokenStores: Record<string, Sabotage> = {
  "awaits-between-read-and-write": { steps: () => ({ between: () => Promise.resolve() }) },
  "forgets-on-restart": { steps: ({ store }) => ({ restart: () => store.clear() }) },
  "denial-uses-up-what-is-left": {
    steps: () => ({
      take(limit, record, now, cost, expiresAt) {
        const honest = takeFromRecord(limit, record, now, cost, expiresAt);
        const left = Math.min(...honest.decision.limits.map(({ remaining }) => remaining));
        if (honest.decision.admitted || left === 0) return honest;
        return { ...takeFromRecord(limit, record, now, left, expiresAt), decision: honest.decision };
      },
    }),
  },
  "denial-charges-the-other-limits": {
    steps: () => ({
      take(limit, record, now, cost = 1, expiresAt = null) {
        const honest = takeFromRecord(limit, record, now, cost, expiresAt);
        if (honest.decision.admitted || limit.spec.kind !== "every") return honest;
        const state = { ...(record?.state as Record<string, unknown>) };
        for (const spec of limit.spec.limits) {
          if (spec.kind === "every") continue;
          state[spec.name] = limitFromSpec(spec).take(state[spec.name] ?? null, now, cost).state;
        }
        return { record: { state, expiresAt }, decision: honest.decision };
      },
    }),
  },
  "denial-leaves-a-record": {
    steps: () => ({
      take(...args) {
        const { record, decision } = takeFromRecord(...args);
        return { record: record ?? { state: null, expiresAt: null }, decision };
      },
    }),
  },
  "give-makes-a-record": {
    steps: () => ({ give: (...args) => giveToRecord(...args) ?? { state: null, expiresAt: null } }),
  },
  "loses-every-second-give": {
    steps: () => {
      let turn = 0;
      return { give: (limit, record, ...args) => (turn++ % 2 ? record : giveToRecord(limit, record, ...args)) };
    },
  },
  "never-deletes": {
    steps: ({ store }) => ({
      write: (key, { state }) => void store.set(key, JSON.stringify({ state, expiresAt: null })),
    }),
  },
  "reopens-after-expiry": expiring((record, expiresAt) => record?.expiresAt ?? expiresAt),
  "reopens-what-was-spent": {
    steps: () => ({
      take(limit, record, now, cost, expiresAt = null) {
        const over = record !== null && expiresAt !== null && expiresAt <= now;
        return over ? takeFromRecord(limit, null, now, cost) : takeFromRecord(limit, record, now, cost, expiresAt);
      },
    }),
  },
  "admits-a-new-key-that-has-ended": {
    steps: () => ({
      take: (limit, record, now, cost, expiresAt) =>
        takeFromRecord(limit, record, now, cost, record === null ? null : expiresAt),
    }),
  },
  "opens-when-its-caller-should-have-gone": {
    steps() {
      let end = Number.POSITIVE_INFINITY;
      return {
        take(limit, record, now, cost = 1, expiresAt = null) {
          if (record !== null && expiresAt === null && now >= end) {
            return { record, decision: limit.take(null, now, cost).decision };
          }
          end = expiresAt ?? end;
          return takeFromRecord(limit, record, now, cost, expiresAt);
        },
      };
    },
  },
  "reopens-a-millisecond-early": {
    steps: () => ({
      take(limit, record, now, cost, expiresAt = null) {
        const taken = takeFromRecord(limit, record, now, cost, expiresAt);
        const last = record !== null && expiresAt !== null && now === expiresAt - 1;
        return last ? takeFromRecord(limit, null, now, cost, expiresAt) : taken;
      },
    }),
  },
  "expires-a-millisecond-early": expiring((_, expiresAt) => expiresAt && expiresAt - 1),
  "first-expires-at-wins": {
    steps: () => ({
      take(limit, record, now, cost, expiresAt) {
        const taken = takeFromRecord(limit, record, now, cost, expiresAt);
        if (record === null || taken.record === null) return taken;
        return { ...taken, record: { ...taken.record, expiresAt: record.expiresAt } };
      },
    }),
  },
  "last-expires-at-wins": expiring((_, expiresAt) => expiresAt),
  "folds-case": keyed((key) => key.toLowerCase()),
  "cuts-long-keys": keyed((key) => key.slice(0, 100)),
  "normalises-keys": keyed((key) => key.normalize("NFC")),
  "indexes-a-plain-object": keyed((key) => (key in {} ? "inherited" : key)),
};

const brokenLimits: Record<string, Sabotage> = {
  "window-a-millisecond-short": instead("sliding_window", longer(-1)),
  "window-a-millisecond-long": instead("sliding_window", longer(1)),
  "fixed-window-for-a-sliding-one": instead("sliding_window", ({ spec }) =>
    spec.kind === "sliding_window" ? quota({ ...spec }) : limitFromSpec(spec),
  ),
  "denied-take-holds-the-window": {
    ...altered("sliding_window", (limit) => ({
      take(state, now, cost) {
        const taken = limit.take(state, now, cost);
        if (taken.decision.admitted || state === null) return taken;
        const runs = [
          ...(state as SlidingWindowState).runs.slice(0, -2),
          now,
          (state as SlidingWindowState).runs.at(-1),
        ];
        return { ...taken, state: { runs } };
      },
    })),
    steps: () => ({
      take(limit, record, now, cost = 1, expiresAt = null) {
        const { state, decision } = limit.take(record?.state ?? null, now, cost);
        return { record: { state, expiresAt }, decision };
      },
    }),
  },
  "window-that-believes-any-clock": altered("sliding_window", (limit) => ({
    take: (state, now, cost) =>
      limit.take(now < ((state as SlidingWindowState | null)?.runs.at(-2) ?? now) ? null : state, now, cost),
  })),
  "quota-that-believes-any-clock": altered("quota", (limit) => ({
    take: (state, now, cost) =>
      limit.take(now < ((state as { windowStart: number } | null)?.windowStart ?? now) ? null : state, now, cost),
  })),
  "bucket-that-believes-any-clock": altered("token_bucket", (limit) => ({
    take: (state, now, cost) =>
      limit.take(now < ((state as TokenBucketState | null)?.at ?? now) ? null : state, now, cost),
  })),
  "opens-a-millisecond-late": {
    limit: (limit) => ({
      ...limit,
      take(state, now, cost) {
        const taken = limit.take(state, now, cost);
        const wasClosed = state !== null && !limit.take(state, now - 1, cost).decision.admitted;
        if (!taken.decision.admitted || !wasClosed) return taken;
        const { limits } = taken.decision;
        return { state, decision: { admitted: false, limits, deniedBy: limits[0]?.name ?? "" } };
      },
    }),
  },
  "day-that-begins-elsewhere": altered("quota", (limit) => ({
    take: (state, now, cost) => limit.take(state, now + 1, cost),
  })),
  "bucket-that-drops-fractions": altered("token_bucket", (limit) => ({
    take(state, now, cost) {
      const taken = limit.take(state, now, cost);
      const { spec } = limit;
      if (taken.state === state || spec.kind !== "token_bucket") return taken;
      const { parts, at } = taken.state as TokenBucketState;
      return { ...taken, state: { parts: Math.floor(parts / spec.windowMs) * spec.windowMs, at } };
    },
  })),
  "bucket-that-overflows": altered("token_bucket", (limit) => ({
    take(state, now, cost) {
      const { spec } = limit;
      const gone = now - ((state as TokenBucketState | null)?.at ?? now);
      const overflows = spec.kind === "token_bucket" && gone > 2 * spec.windowMs;
      const taken = limit.take(overflows ? null : state, now, cost);
      return overflows && taken.decision.admitted ? { ...taken, state } : taken;
    },
  })),
  "bucket-without-a-bottom": altered("token_bucket", (limit) => ({
    take: (_state, now, cost) => limit.take(null, now, cost),
  })),
  "window-that-keeps-everything": altered("sliding_window", (limit) => ({
    take(state, now, cost) {
      const taken = limit.take(state, now, cost);
      if (!taken.decision.admitted) return taken;
      return { ...taken, state: { runs: [...((state as SlidingWindowState | null)?.runs ?? []), now, cost] } };
    },
  })),
  "forgets-within-the-window": altered("sliding_window", () => ({ expiresAt: (_, keepUntil) => keepUntil })),
  "gives-more-than-was-charged": altered("quota", () => ({
    give: (state, _now, cost) => {
      const { used, windowStart } = state as { used: number; windowStart: number };
      return { used: used - cost, windowStart };
    },
  })),
  "gives-into-another-window": altered("quota", (limit) => ({
    give: (state, now, cost) => limit.give(state, now, cost, (state as { windowStart: number }).windowStart),
  })),
  "every-gives-rates-back": altered("every", (limit) => ({
    give: (state, ...args) => {
      const { rate: _, ...rest } = limit.give(state, ...args) as Record<string, unknown>;
      return rest;
    },
  })),
  "every-names-the-last": altered("every", (limit) => ({
    take(...args) {
      const taken = limit.take(...args);
      if (taken.decision.admitted) return taken;
      return { ...taken, decision: { ...taken.decision, deniedBy: taken.decision.limits.at(-1)?.name ?? "" } };
    },
  })),
  "every-checks-only-the-first": altered("every", ({ spec }) => {
    const [first] = spec.kind === "every" ? spec.limits : [];
    return first ? limitFromSpec(first) : {};
  }),
};

const brokenCalls: Record<string, Sabotage> = {
  "throws-on-denial": wrapped((limiter) => ({
    async take(...args) {
      const decision = await limiter.take(...args);
      if (!decision.admitted) throw new Error("denied");
      return decision;
    },
  })),
  "ignores-the-cost": wrapped((limiter) => ({
    take: (key, _cost, expiresAt) => limiter.take(key, 1, expiresAt),
  })),
  "rounds-a-cost": wrapped((limiter) => ({
    take: (key, cost = 1, expiresAt) => limiter.take(key, Math.max(1, Math.ceil(cost)), expiresAt),
  })),
  "waits-for-a-cost-that-never-fits": wrapped((limiter) => ({
    async take(...args) {
      const decision = await limiter.take(...args);
      return decision.admitted
        ? decision
        : ({ ...decision, limits: [{ ...decision.limits[0], retryAfterMs: 1 }] } as Denial);
    },
  })),
  "waits-a-millisecond-too-long": wrapped((limiter) => ({
    async take(...args) {
      const decision = await limiter.take(...args);
      const late = decision.limits.map(({ retryAfterMs, ...status }) =>
        retryAfterMs === undefined ? status : { ...status, retryAfterMs: retryAfterMs + 1 },
      );
      return { ...decision, limits: late };
    },
  })),
  "opens-under-load": (() => {
    let waiting = 0;
    return wrapped((limiter) => ({
      async take(...args) {
        waiting++;
        const decision = await limiter.take(...args);
        const crowded = waiting-- > 100;
        return crowded ? { admitted: true, limits: decision.limits, takenAt: 0 } : decision;
      },
    }));
  })(),
  "stamps-with-another-clock": wrapped((limiter) => ({
    async take(...args) {
      const decision = await limiter.take(...args);
      return decision.admitted ? { ...decision, takenAt: 0 } : decision;
    },
  })),
  "gives-any-cost": wrapped((limiter) => ({
    give: async (...args) => void (await limiter.give(...args).catch(() => {})),
  })),
  "expires-at-any-time": wrapped((limiter) => ({
    take: (key, cost, expiresAt) => limiter.take(key, cost, Number.isNaN(expiresAt) ? undefined : expiresAt),
  })),
  "gives-nothing": wrapped(() => ({ give: async () => {} })),
  "connections-do-not-share": (() => {
    let connections = 0;
    return wrapped((limiter) => {
      const connection = connections++;
      return { take: (key, ...args) => limiter.take(`${connection}:${key}`, ...args) };
    });
  })(),
};

/** Planted faults, by name. The suite must find each. */
export const brokenLimiters: Record<string, Sabotage> = { ...brokenStores, ...brokenLimits, ...brokenCalls };
