import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import workerdPath from "workerd";

export interface WorkerdOptions {
  /** Path of the worker's entry. */
  entry: string;
  /** Text bindings. */
  env?: Record<string, string>;
  /** Host and port of the server that answers all requests of the worker's; default: whom they are addressed to. */
  outbound?: string;
}

export interface RunningWorkerd {
  url: string;
  port: number;
  stop(): void;
}

/** A worker in a bare workerd, where a request whose caller goes away is cancelled as in production. */
export async function startWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const folder = mkdtempSync(join(tmpdir(), "oidc-verify-"));
  const outfile = join(folder, "worker.js");
  await build({ entryPoints: [options.entry], bundle: true, format: "esm", outfile, external: ["cloudflare:*"] });
  writeFileSync(join(folder, "config.capnp"), config(options));
  // The control channel tells the port that the system chose.
  const child = spawn(workerdPath, ["serve", "--control-fd=3", join(folder, "config.capnp")], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`workerd ended with status ${code}`)));
    child.stdio[3]?.on("data", (chunk) => {
      const port = /"event":"listen".*"port":(\d+)/.exec(String(chunk))?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop() {
      child.removeAllListeners("exit");
      child.kill("SIGKILL"); // asked politely, it would wait for the requests that hang
      rmSync(folder, { recursive: true });
    },
  };
}

function config({ env = {}, outbound }: WorkerdOptions): string {
  const bindings = Object.entries(env).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  const internet = outbound
    ? `external = (address = "${outbound}", http = ())`
    : 'network = (allow = ["local", "private", "public"])';
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-08-01",
      bindings = [${bindings.join(", ")}],
    )),
    (name = "internet", ${internet}),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`;
}
