/** One number of each worker and round. */
export type Results<K extends string = string> = Readonly<Record<K, readonly number[]>>;

/** All in each round, and whoever came first comes last in the next: the first has the colder machine. */
export async function inRounds<K extends string>(
  rounds: number,
  measures: Readonly<Record<K, (round: number) => Promise<number>>>,
): Promise<Results<K>> {
  const names = Object.keys(measures) as K[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of rotate(names, round % names.length)) results[name].push(await measures[name](round));
  }
  return results;
}

const rotate = <T>(list: readonly T[], by: number): T[] => [...list.slice(by), ...list.slice(0, by)];

export interface Spread {
  median: number;
  low: number;
  high: number;
}

/** The middle, and where half of all values lie: a busy machine makes outliers. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** How many times the baseline: round by round, as a busy machine slows all of a round alike. */
export function ratio(results: Results, name: string, baseline: string): Spread {
  const base = results[baseline] ?? [];
  return spread((results[name] ?? []).map((value, round) => value / (base[round] ?? Number.NaN)));
}
