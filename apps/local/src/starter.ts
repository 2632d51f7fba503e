import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, expect, vi } from "vitest";
import { settingName } from "./settings.ts";
import { temporaryDir } from "./temporary-dir.ts";

export const execute = promisify(execFile);
export const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** `start`, as it runs. */
export interface Run {
  child: ChildProcess;
  output: string;
  ended: Promise<unknown[]>;
}

/** For one test file: runs `start` in a folder of its own, untouched by what the developer has set, and ends it with the test. */
export function createStarter() {
  const dir = temporaryDir();
  const runs: Run[] = [];
  afterAll(() => dir[Symbol.dispose]());
  afterEach(async () => {
    for (const { child, ended } of runs.splice(0)) {
      child.kill("SIGTERM");
      await ended;
    }
  });
  const start = (args: string[], env: NodeJS.ProcessEnv = {}): Run => {
    const inherited = Object.entries(process.env).filter(([name]) => !settingName.test(name));
    const given = ["--dir", dir.path, "--dev-vars", "/dev/null", ...args];
    const child = spawn(process.execPath, [script("start.ts"), ...given], {
      env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const run: Run = { child, output: "", ended: once(child, "close") };
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (run.output += chunk));
    runs.push(run);
    return run;
  };
  return { dir: dir.path, start };
}

export const patience = { timeout: 50_000, interval: 50 };

export const untilPrinted = (run: Run, text: string) => vi.waitFor(() => expect(run.output).toContain(text), patience);

/** Run the lines that were printed for it in one shell, as one who copies them does. */
export async function runBlock({ output }: Run): Promise<string> {
  const lines = output.split("\n").filter((line) => /^(TOKEN=|curl )/.test(line));
  expect(lines[0]).toMatch(/^TOKEN=\$\(npx --yes pnpm@\S+ --silent mint /);
  const checked = lines.map((line) => line.replace(/^curl/, "curl --silent --show-error --fail"));
  return (await execute("sh", ["-ec", checked.join("\n")], { cwd: script("../../..") })).stdout;
}

export async function interrupt(run: Run): Promise<unknown> {
  run.child.kill("SIGINT");
  const [status] = await run.ended;
  return status;
}
