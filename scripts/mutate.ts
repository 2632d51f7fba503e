/**
 * Do the tests notice? Plants small faults in a package's source, one at a time, and runs its tests on each:
 * `pnpm mutate oidc-verify --files 'src/trust*.ts' --sample 40 --seed 1`. Without `--sample`, every fault of those files;
 * with `--tests src/`, only by test files with this in their path.
 * Fails on a fault that no test notices and that `mutation/accepted.json` does not excuse.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Mutant, mutantsOf } from "./mutation/mutants.ts";
import type { Answer, Question } from "./mutation/runner.ts";
import { copyRepository } from "./mutation/stage.ts";

const root = join(import.meta.dirname, "..");
/** The vitest projects whose tests are asked. */
const PROJECTS: Readonly<Record<string, readonly string[]>> = {
  "packages/oidc-verify": ["node"],
  "packages/token-limiter": ["node"],
  "packages/proxy-core": ["node"],
  "apps/worker": ["workerd", "node"],
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: "string", default: "src/**/*.ts" },
    sample: { type: "string" },
    tests: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: "1" },
  },
});
const workspace = Object.keys(PROJECTS).find((each) => each.endsWith(`/${positionals[0]}`));
if (workspace === undefined)
  throw new TypeError(`mutate: name one of ${Object.keys(PROJECTS).join(", ")} by its last word`);

interface Accepted extends Pick<Mutant, "file" | "was" | "is"> {
  readonly reason: string;
}
const accepted: Accepted[] = JSON.parse(readFileSync(join(import.meta.dirname, "mutation/accepted.json"), "utf8"));
const reasonFor = (mutant: Mutant): string | undefined =>
  accepted.find(({ file, was, is }) => file === mutant.file && was === mutant.was && is === mutant.is)?.reason;

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const sampleOf = (mutants: Mutant[]): Mutant[] => {
  if (values.sample === undefined) return mutants;
  const random = randomFrom(Number(values.seed));
  const order = mutants.map((mutant) => ({ mutant, at: random() })).sort((a, b) => a.at - b.at);
  return order.slice(0, Number(values.sample)).map(({ mutant }) => mutant);
};

const copy = copyRepository(root, workspace);
const files = globSync(values.files, { cwd: join(copy, workspace) }).filter((file) => !/\.test(-d)?\.ts$/.test(file));
const all = files
  .sort()
  .flatMap((file) => mutantsOf(join(workspace, file), readFileSync(join(copy, workspace, file), "utf8")));
const mutants = sampleOf(all);

/** A vitest that hangs is ended with all that it started. */
let runner: ChildProcess | undefined;
const endRunner = () => {
  if (runner?.pid !== undefined && runner.exitCode === null) process.kill(-runner.pid, "SIGKILL");
  runner = undefined;
};
process.once("exit", endRunner);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const startRunner = async (): Promise<ChildProcess> => {
  const started = fork(join(root, "scripts/mutation/runner.ts"), [String(PROJECTS[workspace]), ...values.tests], {
    cwd: join(copy, workspace),
    detached: true,
    stdio: "ignore",
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  });
  runner = started;
  await once(started, "message");
  return started;
};

/** What noticed: a test, or the time that ran out, as nothing but a loop without an end takes that long; null: nothing. */
const askTests = async (file: string): Promise<string | null> => {
  const asked = runner ?? (await startRunner());
  const said = Promise.withResolvers<string | null>();
  const listen = (answer: Answer) => {
    clearTimeout(timer);
    if ("noticedBy" in answer) said.resolve(answer.noticedBy);
    else timer = setTimeout(end, answer.patience, "time");
  };
  const end = (by: string) => {
    endRunner();
    said.resolve(by);
  };
  let timer = setTimeout(end, 60_000, "time");
  const exit = () => end("the end of its process");
  asked.on("message", listen).once("exit", exit);
  asked.send({ file: join(copy, file) } satisfies Question);
  const noticedBy = await said.promise;
  clearTimeout(timer);
  asked.off("message", listen).off("exit", exit);
  return noticedBy;
};

const [first] = mutants;
if (first === undefined) throw new TypeError("mutate: nothing to mutate in these files");
/** Before and after: a vitest that carries a fault over would notice everything. */
const assertGreen = async (): Promise<void> => {
  const unmutated = await askTests(first.file);
  if (unmutated !== null) throw new Error(`mutate: red without a fault: ${unmutated}`);
};
await assertGreen();

const count = { noticed: 0, excused: 0, survived: 0 };
for (const [index, mutant] of mutants.entries()) {
  const mutated = join(copy, mutant.file);
  const original = readFileSync(mutated, "utf8");
  writeFileSync(mutated, mutant.source);
  const noticedBy = await askTests(mutant.file);
  writeFileSync(mutated, original);
  const reason = reasonFor(mutant);
  const outcome = noticedBy !== null ? "noticed" : reason === undefined ? "survived" : "excused";
  count[outcome] += 1;
  const by = noticedBy === null ? (reason ?? "") : noticedBy.replace(join(copy, workspace, "/"), "");
  console.log(`${index + 1}/${mutants.length} ${outcome} ${mutant.file}:${mutant.line} ${by}`);
  if (outcome !== "noticed") console.log(`  - ${mutant.was}\n  + ${mutant.is}`);
}
await assertGreen();
const { noticed, excused, survived } = count;
const rate = ((100 * noticed) / (noticed + survived)).toFixed(0);
console.log(
  `${workspace}: of ${mutants.length} faults ${noticed} noticed, ${excused} excused, ${survived} survived: ${rate} %`,
);
process.exit(survived > 0 ? 1 : 0);
