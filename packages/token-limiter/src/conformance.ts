import { exactnessCases } from "./conformance/exactness.ts";
import { givingCases } from "./conformance/giving.ts";
import { memoryCases } from "./conformance/memory.ts";
import { randomCases } from "./conformance/random.ts";
import {
  type Capability,
  type CaseDefinition,
  type ConformanceCase,
  type ConformanceSubject,
  type ConformanceTarget,
  START,
} from "./conformance/subject.ts";
import { timeCases } from "./conformance/time.ts";
import type { Limit } from "./limits/limit.ts";

export type { Capability, ConformanceCase, ConformanceSubject, ConformanceTarget };

const definitions = [...exactnessCases, ...timeCases, ...memoryCases, ...givingCases, ...randomCases];

/**
 * The contract of `Limiter` as test cases, for any test runner: `for (const { name, run } of conformanceCases(target)) it(name, run)`.
 * No sleeps, no network of its own; time is what `setNow` says.
 */
export function conformanceCases(target: ConformanceTarget): ConformanceCase[] {
  const lacks = target.lacks ?? [];
  return definitions
    .filter(({ needs }) => needs === undefined || !lacks.includes(needs))
    .map((definition) => ({ name: definition.name, run: () => run(definition, target) }));
}

async function run(definition: CaseDefinition, target: ConformanceTarget): Promise<void> {
  const subjects: ConformanceSubject[] = [];
  const create = async (limit: Limit): Promise<Required<ConformanceSubject>> => {
    const subject = await target.create(limit);
    subjects.push(subject);
    await subject.setNow(START);
    return complete(subject);
  };
  try {
    await definition.run(create);
  } finally {
    for (const subject of subjects) await subject.close?.();
  }
}

/** The subject with every method, bound; one that it does not have says so when it is called. */
function complete(subject: ConformanceSubject): Required<ConformanceSubject> {
  const missing = (method: string, capability: Capability) => () => {
    throw new Error(`The subject has no ${method}(): add it, or declare lacks: ["${capability}"]`);
  };
  return {
    limiter: subject.limiter,
    setNow: (epochMs) => subject.setNow(epochMs),
    restart: subject.restart?.bind(subject) ?? missing("restart", "restart"),
    connect: subject.connect?.bind(subject) ?? missing("connect", "connect"),
    countKeys: subject.countKeys?.bind(subject) ?? missing("countKeys", "count_keys"),
    measureBytes: subject.measureBytes?.bind(subject) ?? missing("measureBytes", "measure_bytes"),
    close: subject.close?.bind(subject) ?? (() => {}),
  };
}
