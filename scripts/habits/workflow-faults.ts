import { isScalar, LineCounter, parseDocument, visit } from "yaml";

/** What a caller on GitHub can start with our rights and their text: nothing of ours needs it. */
const FORBIDDEN_EVENTS = ["pull_request_target", "workflow_run"];
const PINNED = /^(?:[\w.-]+\/[\w./-]+@[0-9a-f]{40}|docker:\/\/\S+@sha256:[0-9a-f]{64})$/;
const VERSION = /^ v\d+(?:\.\d+)*$/;

interface Job {
  permissions?: unknown;
  "timeout-minutes"?: unknown;
  uses?: string;
  steps?: { uses?: string; run?: string; with?: Record<string, unknown> }[];
}

/**
 * Everything in a GitHub workflow that could hand its rights to somebody else, as sentences; none: an empty list.
 * Sources: GitHub's "Secure use reference"; OpenSSF Scorecard's checks Token-Permissions, Pinned-Dependencies, Dangerous-Workflow.
 * @throws YAMLParseError when it is no YAML.
 */
export function workflowFaults(text: string): string[] {
  const workflow = parseDocument(text).toJS() as { on?: unknown; permissions?: unknown; jobs?: Record<string, Job> };
  const faults = [...unpinned(text)];
  if (JSON.stringify(workflow.permissions) !== "{}") faults.push("has no `permissions: {}` on top");
  for (const event of FORBIDDEN_EVENTS)
    if (JSON.stringify(workflow.on ?? null).includes(`"${event}"`)) faults.push(`runs on ${event}`);
  for (const [name, job] of Object.entries(workflow.jobs ?? {}))
    faults.push(...jobFaults(job).map((fault) => `job ${name} ${fault}`));
  return faults;
}

function jobFaults(job: Job): string[] {
  const faults: string[] = [];
  if (typeof job.permissions !== "object" || job.permissions === null) faults.push("does not list its permissions");
  if (!job.uses && typeof job["timeout-minutes"] !== "number") faults.push("has no timeout-minutes");
  for (const step of job.steps ?? []) {
    // Whatever it is today, the text of an expression becomes code: hand it over in `env`.
    for (const code of [step.run, step.with?.script])
      if (typeof code === "string" && code.includes("${{")) faults.push(`has an expression in code: ${code.trim()}`);
    if (step.uses?.startsWith("actions/checkout@") && step.with?.["persist-credentials"] !== false)
      faults.push("checks out without `persist-credentials: false`");
  }
  return faults;
}

/** A tag can be moved to other code, a commit cannot; the comment says which version it is, for readers and for Dependabot. */
function unpinned(text: string): string[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors[0]) throw document.errors[0];
  const faults: string[] = [];
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || key.value !== "uses") return;
      if (!isScalar(value)) return void faults.push("has a `uses` that is no text");
      const action = String(value.value);
      if (action.startsWith("./")) return;
      if (!PINNED.test(action)) faults.push(`line ${line(lines, value.range)}: ${action} is not pinned by a commit`);
      else if (!VERSION.test(value.comment ?? ""))
        faults.push(`line ${line(lines, value.range)}: ${action} has no version beside it, as \`# v1.2.3\``);
    },
  });
  return faults;
}

const line = (lines: LineCounter, range: readonly number[] | null | undefined): number =>
  lines.linePos(range?.[0] ?? 0).line;
