import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** `wrangler dev` on a project that has wrangler installed. */
export interface ServedWorker {
  url: string;
  /** All that wrangler printed so far. */
  output(): string;
  /** Ends wrangler and workerd; resolves once they are gone. */
  close(): Promise<void>;
}

/** Keeps wrangler off the network, and quiet. */
export const WRANGLER_ENVIRONMENT: Readonly<Record<string, string>> = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/**
 * Serves the worker of a folder on any free port, as `npx wrangler dev` does. Call `close` in the end.
 * @param env Over this process's environment: a `PATH` of its own chooses the Node.
 * @throws Error with wrangler's output if it ends, or tells a fault, before it is ready.
 */
export async function startWranglerDev(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServedWorker> {
  const args = [
    "wrangler",
    "dev",
    "--ip=127.0.0.1",
    "--port=0",
    "--inspector-port=0",
    "--show-interactive-dev-session=false",
  ];
  const child = spawn("npx", args, {
    cwd: folder,
    detached: true, // a group of its own, as wrangler starts others
    env: { ...process.env, ...WRANGLER_ENVIRONMENT, WRANGLER_LOG_PATH: join(folder, ".wrangler", "logs"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const close = async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  let output = "";
  try {
    const url = await readiness(child, (text) => (output += text));
    return { url, output: () => output, close };
  } catch (error) {
    await close();
    throw new Error(`wrangler dev is not ready:\n${output}`, { cause: error });
  }
}

function readiness(child: ChildProcess, add: (text: string) => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      const said = add(String(chunk));
      const [, url] = /Ready on (http:\/\/[\w.:]+)/.exec(said) ?? [];
      if (url) resolve(url);
      else if (said.includes("[ERROR]")) reject(new Error("it tells a fault"));
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => reject(new Error("it ended")));
  });
}
