/** What GitHub and editors read of this repository, and nobody compiles: that it is there, tracked, sound, and speaks of what exists. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { workflowFile } from "../../apps/worker/src/init/workflow-file.ts";
import { workflowFaults } from "./workflow-faults.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
  .toString()
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));

const workflows = tracked.filter((path) => /(^|\/)\.github\/workflows\/[^/]+\.ya?ml$/.test(path));

it.each(workflows)("%s gives nothing away", (path) => expect(workflowFaults(read(path))).toEqual([]));

it("what init writes gives nothing away", () => expect(workflowFaults(workflowFile())).toEqual([]));

it.each(["ci", "codeql", "dependency-review", "release", "scorecard"])("there is a workflow %s", (name) =>
  expect(workflows).toContain(`.github/workflows/${name}.yml`),
);

it.each([
  ".github/CODEOWNERS",
  ".github/PULL_REQUEST_TEMPLATE.md",
  ".github/dependabot.yml",
  ".github/ISSUE_TEMPLATE/bug.yml",
  ".github/ISSUE_TEMPLATE/feature.yml",
  ".devcontainer/devcontainer.json",
  ".vscode/launch.json",
  ".vscode/settings.json",
])("%s is in git", (path) => expect(tracked).toContain(path));

it.each(tracked.filter((path) => /^\.(vscode|devcontainer)\//.test(path)))("%s is JSON", (path) =>
  expect(() => JSON.parse(read(path))).not.toThrow(),
);

it("every version of a dependency waits before it is proposed", () => {
  const { updates } = parse(read(".github/dependabot.yml"));
  expect(updates.map((update: Record<string, string>) => update["package-ecosystem"])).toEqual(
    expect.arrayContaining(["npm", "github-actions"]),
  );
  for (const update of updates) expect(update.cooldown["default-days"]).toBeGreaterThanOrEqual(7);
});

it.each(["bug", "feature"])("the form %s has what GitHub demands of one", (name) => {
  const form = parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`));
  expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
  for (const field of form.body)
    expect(field).toMatchObject(
      field.type === "markdown" ? { attributes: { value: expect.any(String) } } : { id: expect.any(String) },
    );
});

describe("launch.json", () => {
  const { configurations, inputs } = JSON.parse(read(".vscode/launch.json"));
  const options = (id: string): string[] => inputs.find((input: { id: string }) => input.id === id).options;

  it("starts tasks that are there", () => {
    const tasks = JSON.parse(read(".vscode/tasks.json")).tasks.map(({ label }: { label: string }) => label);
    const started = configurations.flatMap(({ preLaunchTask }: { preLaunchTask?: string }) => preLaunchTask ?? []);
    expect(started.length).toBeGreaterThan(0);
    for (const task of started) expect(tasks).toContain(task);
  });

  it("knows every folder with tests, and projects that they have", () => {
    const configs = tracked.filter((path) => /^(packages|apps|examples)\/[^/]+\/vitest\.config\.ts$/.test(path));
    expect(options("package").toSorted()).toEqual(
      configs.map((path) => path.replace("/vitest.config.ts", "")).toSorted(),
    );
    const all = configs.map(read).join();
    for (const project of options("project")) expect(all).toContain(`name: "${project}"`);
  });
});
