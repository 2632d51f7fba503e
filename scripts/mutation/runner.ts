/**
 * A warm vitest in a process of its own, so that a mutant that never ends can be ended. Asked by message for the tests of one
 * package, some files at a time, until one fails.
 */
import { createVitest, type TestSpecification } from "vitest/node";

/** What the parent asks: are the tests red, now that this file has changed? */
export interface Question {
  readonly file: string;
}

/** What it is told: first, for each test file, how many milliseconds to wait for more; at last what noticed, or null. */
export type Answer = { readonly patience: number } | { readonly noticedBy: string | null };

const tell = (answer: Answer) => process.send?.(answer);

const [projects = "", ...filters] = process.argv.slice(2);
const vitest = await createVitest("test", {
  watch: false,
  bail: 1,
  project: projects.split(","),
  silent: true,
  reporters: [{}],
});
const specifications = await vitest.globTestSpecifications(filters);

/** Milliseconds of each test file, and the test files that noticed a fault in a file before. */
const durations = new Map<string, number>();
const noticers = new Map<string, Set<string>>();

const usual = ({ moduleId }: TestSpecification): number => durations.get(moduleId) ?? 0;

/** The likeliest to notice first, then the quick, then the slow. */
function batchesFor(file: string): TestSpecification[][] {
  const own = `/${file.replace(/^.*\//, "").replace(/\.ts$/, ".test.ts")}`;
  const isLikely = ({ moduleId }: TestSpecification) => noticers.get(file)?.has(moduleId) || moduleId.endsWith(own);
  const rankOf = (specification: TestSpecification) =>
    isLikely(specification) ? 0 : usual(specification) < 500 ? 1 : 2;
  return [0, 1, 2]
    .map((rank) => specifications.filter((each) => rankOf(each) === rank))
    .filter(({ length }) => length > 0);
}

/** The test that was red, or null. */
async function findRed(batch: TestSpecification[], file: string): Promise<string | null> {
  const known = batch.every(({ moduleId }) => durations.has(moduleId));
  tell({ patience: known ? 20_000 + 5 * batch.reduce((sum, each) => sum + usual(each), 0) : 180_000 });
  // It adds up what was red: to the results of later runs, and to the number at which it bails out.
  vitest.state.filesMap.clear();
  vitest.state.idMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(batch);
  const red = testModules.find((module) => module.state() === "failed") ?? testModules.find((module) => !module.ok());
  if (red !== undefined) {
    noticers.set(file, (noticers.get(file) ?? new Set()).add(red.moduleId));
    const [failed] = red.children.allTests("failed");
    return `${red.moduleId} > ${failed?.fullName ?? "does not run"}`;
  }
  if (testModules.length < batch.length || unhandledErrors.length > 0) return "an error outside of tests";
  for (const module of testModules) durations.set(module.moduleId, module.diagnostic().duration);
  return null;
}

/** What the last question was about: by now that file is as it was. */
let previous: string | undefined;

process.on("message", async ({ file }: Question) => {
  for (const changed of [previous ?? file, file]) vitest.invalidateFile(changed);
  previous = file;
  let noticedBy: string | null = null;
  for (const batch of batchesFor(file)) noticedBy ??= await findRed(batch, file);
  tell({ noticedBy });
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
