import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RedisServer {
  url: string;
  /** Kill it, as a power cut does, and start it again on the same files. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** A Redis server of its own, from PATH, that writes each change to its log before it answers. */
export async function startRedis(): Promise<RedisServer> {
  const port = await findFreePort();
  const dir = await mkdtemp(join(tmpdir(), "redis-limiter-"));
  let server = await spawnRedis(port, dir);
  return {
    url: `redis://127.0.0.1:${port}`,
    async crash() {
      await kill(server);
      server = await spawnRedis(port, dir);
    },
    async close() {
      await kill(server);
      await rm(dir, { recursive: true });
    },
  };
}

async function spawnRedis(port: number, dir: string): Promise<ChildProcess> {
  const settings = { port, dir, bind: "127.0.0.1", save: "", appendonly: "yes", appendfsync: "always" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new Error("redis-server did not start: is it in PATH? Debian: apt-get install redis-server", { cause }));
    });
    server.once("exit", (code) => reject(new Error(`redis-server ended with ${code}: ${log}`)));
    server.stdout.on("data", (chunk) => {
      log += chunk;
      if (log.includes("Ready to accept connections")) resolve();
    });
  });
  return server;
}

async function kill(server: ChildProcess): Promise<void> {
  const exited = once(server, "exit");
  server.kill("SIGKILL");
  await exited;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
