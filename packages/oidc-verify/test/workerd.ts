import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import workerdPath from "workerd";

export interface RunningWorkerd {
  port: number;
  stop(): void;
}

/** The package in a bare workerd, where a request whose caller goes away is cancelled as in production. */
export async function startWorkerd(issuer: string): Promise<RunningWorkerd> {
  const folder = mkdtempSync(join(tmpdir(), "oidc-verify-"));
  const worker = join(import.meta.dirname, "verify-worker.ts");
  await build({ entryPoints: [worker], bundle: true, format: "esm", outfile: join(folder, "worker.js") });
  writeFileSync(join(folder, "config.capnp"), config(issuer));
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
    port,
    stop() {
      child.removeAllListeners("exit");
      child.kill("SIGKILL"); // asked politely, it would wait for the requests that hang
      rmSync(folder, { recursive: true });
    },
  };
}

const config = (issuer: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-08-01",
      bindings = [(name = "ISSUER", text = ${JSON.stringify(issuer)})],
    )),
    (name = "internet", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`;
