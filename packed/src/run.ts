import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface RunOptions {
  cwd?: string;
  /** Over this process's own environment. */
  env?: Record<string, string>;
}

const start = promisify(execFile);

/** What a command prints to its standard output, without blanks around it. Throws with all that it printed if its status is not 0. */
export async function run(command: string, args: readonly string[], { cwd, env }: RunOptions = {}): Promise<string> {
  try {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024, ...(cwd && { cwd }) };
    const { stdout } = await start(command, args, options);
    return stdout.trim();
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    const said = `${stdout}${stderr}`.trim() || message;
    throw new Error(`${[command, ...args].join(" ")}\n${said}`, { cause: error });
  }
}
