import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { secretsNamedBy } from "@org/oidc-proxy/src/route-rules.ts";
import { unstable_readConfig } from "wrangler";
import { type Settings, settingName, workerDir } from "./settings.ts";

export interface WorkerOptions {
  settings: Settings;
  /** Where the Durable Objects keep their storage, and wrangler what it notes for itself. */
  runDir: string;
  /** What wrangler prints is added to this file. */
  logFile: string;
  /** 0: any free port. Default 0. */
  port?: number;
  /** Aborted: stop starting. */
  signal?: AbortSignal | undefined;
}

export interface WorkerProcess {
  readonly url: string;
  readonly port: number;
  /** Wrangler's process group: wrangler, esbuild and workerd. */
  readonly groupId: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** Ends wrangler and everything it started; resolves once they are gone. */
  close(): Promise<void>;
}

/** With a fault in the worker's code wrangler waits for ever for the fault to be corrected. */
const START_TIMEOUT_MS = 60_000;

/**
 * Run `wrangler dev` on apps/worker, with these settings and none of those in its `wrangler.jsonc`.
 * @throws Error with the end of wrangler's output, when it ends before it is ready or is not ready in time.
 */
export async function startWorker(options: WorkerOptions): Promise<WorkerProcess> {
  options.signal?.throwIfAborted();
  const guard = forkGuard(options);
  const ended = once(guard, "exit");
  const close = async () => {
    if (guard.connected) guard.disconnect();
    await ended;
  };
  const giveUp = () => void close();
  const timer = setTimeout(giveUp, START_TIMEOUT_MS);
  options.signal?.addEventListener("abort", giveUp);
  try {
    const { groupId, port } = await readiness(guard);
    return { url: `http://127.0.0.1:${port}`, port, groupId, ended, close };
  } catch (error) {
    await close();
    options.signal?.throwIfAborted();
    throw new Error(`The worker did not start. The end of ${options.logFile}:\n\n${lastLines(options.logFile)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", giveUp);
  }
}

/** On the port that is asked for, or, should somebody have taken it just now, on any other. */
export async function startWorkerNear(options: WorkerOptions): Promise<WorkerProcess> {
  return startWorker(options).catch((error: Error) => {
    if (!options.port || options.signal?.aborted || !error.message.includes("Address already in use")) throw error;
    return startWorker({ ...options, port: 0 });
  });
}

function forkGuard({ settings, runDir, logFile, port = 0 }: WorkerOptions): ChildProcess {
  const secrets = secretNames(settings);
  const wrangler = fileURLToPath(new URL("bin/wrangler.js", import.meta.resolve("wrangler/package.json")));
  const args = [wrangler, "dev", "--ip=127.0.0.1", `--port=${port}`, "--inspector-port=0"];
  args.push(`--config=${writeConfig(runDir, settings, secrets)}`);
  args.push(`--persist-to=${join(runDir, "storage")}`, "--show-interactive-dev-session=false");
  args.push("--env-file=/dev/null"); // else wrangler reads .dev.vars by itself, over what the stage says
  const log = openSync(logFile, "a", 0o600);
  const guard = fork(fileURLToPath(new URL("wrangler-guard.ts", import.meta.url)), args, {
    cwd: fileURLToPath(workerDir),
    detached: true,
    env: wranglerEnvironment(runDir, settings, secrets),
    execArgv: [],
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  return guard;
}

/** The secrets that `ROUTES` names, or the one key. Wrangler hands no other secret to the worker. */
function secretNames(settings: Settings): string[] {
  return settings.ROUTES ? [...secretsNamedBy(settings)] : ["UPSTREAM_API_KEY"];
}

/** What apps/worker deploys – entry, date, flags, object – with the stage's own variables. */
function writeConfig(runDir: string, settings: Settings, secrets: readonly string[]): string {
  const deployed = unstable_readConfig({ config: fileURLToPath(new URL("wrangler.jsonc", workerDir)) });
  const { name, main, compatibility_date, compatibility_flags, durable_objects, migrations } = deployed;
  const vars = Object.fromEntries(Object.entries(settings).filter(([name]) => !secrets.includes(name)));
  const file = join(runDir, "wrangler.json");
  const kept = { name, main, compatibility_date, compatibility_flags, durable_objects, migrations };
  mkdirSync(runDir, { recursive: true });
  writeFileSync(file, JSON.stringify({ ...kept, vars, secrets: { required: secrets } }));
  return file;
}

/** Everything but the developer's settings, which go by file; keys go here, where neither a file nor `ps` shows them. */
function wranglerEnvironment(runDir: string, settings: Settings, secrets: readonly string[]): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !settingName.test(name));
  const keys = secrets.map((name): [string, string | undefined] => [name, settings[name] ?? process.env[name]]);
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(keys.filter(([, key]) => key)),
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true", // the banner asks the registry for a newer version
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_LOG_PATH: join(runDir, "wrangler-logs"),
    WRANGLER_REGISTRY_PATH: join(runDir, "wrangler-registry"),
  };
}

function readiness(guard: ChildProcess): Promise<{ groupId: number; port: number }> {
  return new Promise((resolve, reject) => {
    let groupId = 0;
    guard.on("message", (message) => {
      const { event, pid, port } = typeof message === "string" ? JSON.parse(message) : message;
      if (event === "WRANGLER_STARTED") groupId = pid;
      if (event === "DEV_SERVER_READY") resolve({ groupId, port });
    });
    guard.once("error", reject);
    guard.once("exit", () => {
      if (groupId) endGroup(groupId); // should the guard itself have been killed
      reject(new Error("wrangler ended before it was ready"));
    });
  });
}

function endGroup(groupId: number): void {
  try {
    process.kill(-groupId, "SIGKILL");
  } catch {} // nobody left
}

const lastLines = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
