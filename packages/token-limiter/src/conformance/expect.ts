import type { Decision, Limiter } from "../limiter.ts";

/** @throws Error if the two are not the same JSON. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual, sorted), JSON.stringify(expected, sorted)];
  if (got !== wanted) throw new Error(`${what}: expected ${wanted}, got ${got}`);
}

/** Take `units` one by one and expect each to be admitted. */
export async function expectAdmitted(limiter: Limiter, key: string, units: number, what: string): Promise<Decision[]> {
  const decisions: Decision[] = [];
  for (let i = 0; i < units; i++) {
    const decision = await limiter.take(key);
    if (!decision.admitted) throw new Error(`${what}: expected to be admitted, got ${JSON.stringify(decision)}`);
    decisions.push(decision);
  }
  return decisions;
}

/** Take `cost` and expect a denial by `name`. */
export async function expectDenied(
  limiter: Limiter,
  key: string,
  name: string,
  what: string,
  cost = 1,
): Promise<Decision> {
  const decision = await limiter.take(key, cost);
  if (decision.admitted || decision.deniedBy !== name) {
    throw new Error(`${what}: expected to be denied by ${name}, got ${JSON.stringify(decision)}`);
  }
  return decision;
}

/** @throws Error unless the call rejects with a TypeError. */
export async function expectTypeError(call: () => Promise<unknown>, what: string): Promise<void> {
  let thrown: unknown;
  try {
    await call();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof TypeError)) throw new Error(`${what}: expected a TypeError, got ${thrown}`);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
