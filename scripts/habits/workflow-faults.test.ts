import { expect, it } from "vitest";
import { workflowFaults } from "./workflow-faults.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";
const sound = `
on: { pull_request: }
permissions: {}
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@${sha} # v7.0.1
        with: { persist-credentials: false }
      - run: echo "$TITLE"
        env: { TITLE: "\${{ github.event.pull_request.title }}" }
      - uses: ./.github/actions/ours
`;

it("finds nothing in a sound workflow", () => expect(workflowFaults(sound)).toEqual([]));

it.each([
  ["by a tag", `@${sha} # v7.0.1`, "@v7 # v7.0.1", /not pinned/],
  ["by a branch", `@${sha} # v7.0.1`, "@main", /not pinned/],
  ["by a short commit", sha, "0123456", /not pinned/],
  ["by nothing", `@${sha}`, "", /not pinned/],
  ["without its version", " # v7.0.1", "", /no version/],
  ["with a comment that is no version", "# v7.0.1", "# see below", /no version/],
  ["an image by a tag", "./.github/actions/ours", "docker://alpine:3", /not pinned/],
  ["no permissions on top", "permissions: {}\n", "", /on top/],
  ["permissions on top", "permissions: {}\n", "permissions: read-all\n", /on top/],
  ["a job that does not say its own", "    permissions: { contents: read }\n", "", /job check does not list/],
  ["a job with all", "{ contents: read }", "write-all", /job check does not list/],
  ["a job without an end", "    timeout-minutes: 5\n", "", /timeout/],
  ["pull_request_target", "pull_request:", "pull_request_target:", /runs on pull_request_target/],
  ["workflow_run in a list", "{ pull_request: }", "[push, workflow_run]", /runs on workflow_run/],
  ["pull_request_target alone", "{ pull_request: }", "pull_request_target", /runs on pull_request_target/],
  ["a title in a command", '"$TITLE"', `"\${{ github.event.issue.title }}"`, /expression in code/],
  ["a branch in a command", '"$TITLE"', `"\${{ github.head_ref }}"`, /expression in code/],
  ["credentials that stay", "{ persist-credentials: false }", "{ fetch-depth: 0 }", /persist-credentials/],
  ["credentials that are kept", "persist-credentials: false", "persist-credentials: true", /persist-credentials/],
])("finds %s", (_, right, wrong, fault) => {
  expect(sound).toContain(right);
  const faults = workflowFaults(sound.replace(right, () => wrong));
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(fault);
});

it("finds an expression in a script of github-script", () => {
  const step = `\n      - uses: actions/github-script@${sha} # v8\n        with: { script: "log('\${{ github.head_ref }}')" }\n`;
  expect(workflowFaults(sound + step.slice(1))).toEqual([expect.stringMatching(/expression in code/)]);
});

it("throws at what is no YAML", () => expect(() => workflowFaults("jobs: [")).toThrow());
