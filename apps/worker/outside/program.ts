import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a program that knows nothing of this machine but its PATH and one folder. Resolves to what it printed; a failure has it as `stderr`. */
export async function run(
  home: string,
  environment: Readonly<Record<string, string>>,
  ...command: string[]
): Promise<string> {
  const [program = "", ...args] = command;
  const env = { PATH: process.env.PATH, HOME: home, LC_ALL: "C", ...environment };
  const { stdout } = await promisify(execFile)(program, args, { cwd: home, env });
  return stdout;
}
