import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

// A CommonJS package whose default export names the binary.
const { default: workerdPath } = createRequire(import.meta.url)("workerd") as { default: string };

export interface WorkerdOptions {
  /** The worker's entry, in TypeScript; it is bundled. */
  entry: string;
  /** Variables and secrets: text, or anything that JSON can hold. */
  bindings?: Readonly<Record<string, unknown>>;
  /** SQLite-backed Durable Objects on disk: the binding's name and the class that the entry exports. */
  objects?: Readonly<Record<string, string>>;
  /** Where a folder for all of it is made. Default: the system's for temporary files. */
  folder?: string;
  flags?: readonly string[];
  /** Compatibility date. Default: that of the packages' tests. */
  date?: string;
  /**
   * Host and port of the server that gets all requests of the worker's, as Cloudflare's edge would: what the worker tells the
   * edge about a request (`cf`) stands in its header `cf-blob`, and callers can send one. Default: whoever they are addressed to.
   */
  outbound?: string;
}

export interface RunningWorkerd {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Bytes of the bundle. */
  readonly bundle: Uint8Array;
  /** What the worker printed, a line each. */
  readonly log: string[];
  /** Ends it at once: asked politely, it would wait for requests that hang. */
  stop(): Promise<void>;
}

/**
 * A worker in a bare workerd on a free loopback port: the runtime as in production, with nothing in front that tidies request
 * targets or keeps cancelled requests alive.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const folder = mkdtempSync(join(options.folder ?? tmpdir(), "workerd-"));
  mkdirSync(join(folder, "storage"));
  const { outputFiles } = await build({
    entryPoints: [options.entry],
    bundle: true,
    minify: true,
    format: "esm",
    external: ["cloudflare:*"],
    conditions: ["workerd", "worker"],
    outfile: join(folder, "worker.js"),
    write: false,
  });
  const bundle = outputFiles[0]?.contents ?? new Uint8Array();
  writeFileSync(join(folder, "worker.js"), bundle);
  writeFileSync(join(folder, "config.capnp"), config(folder, options));
  // The control channel tells the port that the system chose.
  const child = spawn(workerdPath, ["serve", "--control-fd=3", join(folder, "config.capnp")], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  const log: string[] = [];
  child.stdout?.on("data", (chunk) => log.push(...String(chunk).trim().split("\n")));
  const exited = once(child, "exit");
  const port = await new Promise<number>((resolve, reject) => {
    void exited.then(([code]) => reject(new Error(`workerd ended with status ${code}`)));
    child.stdio[3]?.on("data", (chunk) => {
      const port = /"event":"listen".*"port":(\d+)/.exec(String(chunk))?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    bundle,
    log,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

const CF_BLOB = 'cfBlobHeader = "CF-Blob"';

function config(
  folder: string,
  { bindings = {}, objects = {}, flags = [], date = "2026-08-01", outbound }: WorkerdOptions,
): string {
  const text = (value: unknown) => JSON.stringify(value);
  const variables = Object.entries(bindings).map(([name, value]) =>
    typeof value === "string"
      ? `(name = "${name}", text = ${text(value)})`
      : `(name = "${name}", json = ${text(text(value))})`,
  );
  const namespaces = Object.entries(objects).map(
    ([name, className]) => `(name = "${name}", durableObjectNamespace = "${className}")`,
  );
  const classes = Object.values(objects).map(
    (className) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`,
  );
  const internet = outbound
    ? `external = (address = "${outbound}", http = (${CF_BLOB}))`
    : 'network = (allow = ["local", "private", "public"])';
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${date}",
      compatibilityFlags = ${text(flags)},
      bindings = [${[...variables, ...namespaces].join(", ")}],
      durableObjectNamespaces = [${classes.join(", ")}],
      durableObjectStorage = (localDisk = "storage"),
    )),
    (name = "storage", disk = (path = ${text(join(folder, "storage"))}, writable = true)),
    (name = "internet", ${internet}),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (${outbound ? CF_BLOB : ""}), service = "main")],
);`;
}
