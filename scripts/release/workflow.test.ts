/** What `.github/workflows/release.yml` says in a shell's words, run as it stands there. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";

interface Job {
  permissions: Record<string, string>;
  steps?: { name?: string; run?: string }[];
}

const workflow = readFileSync(join(import.meta.dirname, "../../.github/workflows/release.yml"), "utf8");
const jobs: Record<string, Job> = parse(workflow).jobs;
const compare = jobs.publish?.steps?.find(({ name }) => name === "What is published is what was built")?.run ?? "";
let stage: string;

beforeEach(() => {
  stage = mkdtempSync(join(tmpdir(), "workflow-"));
  for (const folder of ["npm/packages", "assets"]) mkdirSync(join(stage, folder), { recursive: true });
  for (const name of ["b-1.0.0.tgz", "a.b-1.0.0.tgz"]) {
    writeFileSync(join(stage, "npm/packages", name), name);
    writeFileSync(join(stage, "assets", name), name);
  }
  writeFileSync(join(stage, "assets/worker.js"), "");
  const sums = ["b-1.0.0.tgz", "a.b-1.0.0.tgz", "worker.js"].map(
    (name) => `${sha256(join(stage, "assets", name))}  ${name}\n`,
  );
  writeFileSync(join(stage, "assets/SHA256SUMS"), sums.join(""));
});
afterEach(() => rmSync(stage, { recursive: true }));

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** As GitHub starts a step. */
const status = () =>
  spawnSync("bash", ["-e", "-c", compare], { env: { PATH: process.env.PATH, RUNNER_TEMP: stage } }).status;

it("publishes what was built", () => expect(status()).toBe(0));

it.each([
  ["other bytes", () => writeFileSync(join(stage, "npm/packages/b-1.0.0.tgz"), "other")],
  ["one more", () => writeFileSync(join(stage, "npm/packages/c-1.0.0.tgz"), "c")],
  ["one less", () => rmSync(join(stage, "npm/packages/b-1.0.0.tgz"))],
  ["none", () => rmSync(join(stage, "npm/packages"), { recursive: true })],
  ["no sums", () => rmSync(join(stage, "assets/SHA256SUMS"))],
  ["neither", () => rmSync(stage, { recursive: true }) ?? mkdirSync(stage)],
])("publishes nothing with %s", (_, change) => {
  change();
  expect(status()).not.toBe(0);
});

it.each(Object.entries(jobs).filter(([, { permissions }]) => permissions["id-token"]))(
  "%s, which can speak for this repository, runs no script of a package that it installs",
  (_, { steps = [] }) => {
    const installs = steps
      .flatMap(({ run = "" }) => run.split("\n"))
      .filter((line) => /\bp?npm (i|ci|install)\b/.test(line));
    for (const line of installs) expect(line).toContain("--ignore-scripts");
  },
);
