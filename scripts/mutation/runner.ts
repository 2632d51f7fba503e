/**
 * A warm vitest in a process of its own, so that a mutant that never ends can be ended. Asked by message for the tests of one
 * package, one file after the other, until one fails.
 */
import { createVitest, type TestSpecification } from "vitest/node";

/** What the parent asks: are the tests red, now that this file has changed? */
export interface Question {
  readonly file: string;
}

/** What it is told: first, for each test file, how many milliseconds to wait for more; at last what noticed, or null. */
export type Answer = { readonly patience: number } | { readonly noticedBy: string | null };

const tell = (answer: Answer) => process.send?.(answer);

const [project = "", ...filters] = process.argv.slice(2);
const vitest = await createVitest("test", { watch: false, bail: 1, project, silent: true, reporters: [{}] });
const specifications = await vitest.globTestSpecifications(filters);

/** Milliseconds of each test file, and what each file's last mutant was noticed by: the likeliest and quickest go first. */
const durations = new Map<string, number>();
const noticers = new Map<string, string[]>();

const rank = (mutated: string, { moduleId }: TestSpecification): number => {
  const before = (noticers.get(mutated) ?? []).filter((noticer) => noticer === moduleId).length;
  const isOwn = moduleId.endsWith(`/${mutated.replace(/^.*\//, "").replace(/\.ts$/, ".test.ts")}`);
  return (durations.get(moduleId) ?? 0) - 1e6 * (before + (isOwn ? 1 : 0));
};

/** What the last question was about: by now that file is as it was. */
let previous: string | undefined;

process.on("message", async ({ file }: Question) => {
  for (const changed of [previous ?? file, file]) vitest.invalidateFile(changed);
  previous = file;
  const order = specifications.toSorted((a, b) => rank(file, a) - rank(file, b));
  let noticedBy: string | null = null;
  for (const specification of order) {
    const { moduleId } = specification;
    const usual = durations.get(moduleId);
    tell({ patience: usual === undefined ? 600_000 : 15_000 + 5 * usual });
    // It adds up what was red: to the results of later runs, and to the number at which it bails out.
    vitest.state.filesMap.clear();
    vitest.state.idMap.clear();
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification]);
    if (testModules.length > 0 && testModules.every((module) => module.ok()) && unhandledErrors.length === 0) {
      durations.set(moduleId, testModules[0]?.diagnostic().duration ?? 0);
      continue;
    }
    noticers.set(file, [...(noticers.get(file) ?? []), moduleId]);
    const failed = testModules.flatMap((module) => [...module.children.allTests("failed")]);
    noticedBy = `${moduleId} > ${failed[0]?.fullName ?? "does not run"}`;
    break;
  }
  tell({ noticedBy });
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
