import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import workerdPath from "workerd";

export interface WorkerdOptions {
  upstream: string;
  keys?: readonly string[];
  cors?: readonly string[];
  /** Beside those that this package's README asks for. */
  flags?: readonly string[];
}

export interface RunningWorkerd {
  port: number;
  /** What the worker logged, a line each. */
  log: string[];
  stop(): void;
}

/** The proxy in a bare workerd, which hands over request targets exactly as they were sent. */
export async function startWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const folder = mkdtempSync(join(tmpdir(), "proxy-core-"));
  await build({
    entryPoints: [join(import.meta.dirname, "proxy-worker.ts")],
    bundle: true,
    format: "esm",
    outfile: join(folder, "worker.js"),
  });
  writeFileSync(join(folder, "config.capnp"), config(options));
  // The control channel tells the port that the system chose.
  const child = spawn(workerdPath, ["serve", "--control-fd=3", join(folder, "config.capnp")], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  const log: string[] = [];
  child.stdout?.on("data", (chunk) => log.push(...String(chunk).trim().split("\n")));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`workerd ended with status ${code}`)));
    child.stdio[3]?.on("data", (chunk) => {
      const port = /"event":"listen".*"port":(\d+)/.exec(String(chunk))?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  return {
    port,
    log,
    stop() {
      child.removeAllListeners("exit");
      child.kill();
      rmSync(folder, { recursive: true });
    },
  };
}

function config({ upstream, keys = ["sk-the-real-key"], cors = ["*"], flags = [] }: WorkerdOptions): string {
  const text = (value: unknown) => JSON.stringify(value);
  const json = (value: unknown) => text(JSON.stringify(value));
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-08-01",
      compatibilityFlags = ${text(["enable_request_signal", "request_signal_passthrough", ...flags])},
      bindings = [
        (name = "UPSTREAM", text = ${text(upstream)}),
        (name = "KEYS", json = ${json(keys)}),
        (name = "CORS", json = ${json(cors)}),
      ],
    )),
    (name = "internet", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`;
}
