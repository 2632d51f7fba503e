import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import type { IssuerServer } from "@org/issuer-server";
import { type RunningWorkerd, startWorkerd, type WorkerdOptions } from "@org/testkit/workerd";
import { readDeployment } from "../outside/deployment.ts";
import { startRealWorker } from "../outside/real-worker.ts";

/** A file system in memory, where there is one: on a disk one row costs three pass-throughs, and hides our own part. */
export const memory: string = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
export const disk: string = tmpdir();

// The same for all: that a caller who leaves aborts the upstream is the runtime's work.
const { flags } = readDeployment();
const at = (file: string) => new URL(`baselines/${file}`, import.meta.url).pathname;

/** A worker that does less than the proxy, and no more than it must. */
export function startBaseline(
  file: string,
  upstream: string,
  rest: Partial<WorkerdOptions> = {},
): Promise<RunningWorkerd> {
  return startWorkerd({ entry: at(file), bindings: { UPSTREAM_URL: upstream }, flags, folder: memory, ...rest });
}

export function startWithRow(upstream: string, folder: string): Promise<RunningWorkerd> {
  return startBaseline("with-row.ts", upstream, { objects: { LIMITER: "OneRow" }, folder });
}

/** The worker as it is deployed, with limits that nobody reaches. */
export function startProxy(issuer: IssuerServer, upstream: string, folder: string): Promise<RunningWorkerd> {
  const variables = {
    MAX_TOKEN_AGE_SECONDS: "86400",
    MAX_REQUESTS_PER_TOKEN: "999999999",
    RATE_LIMIT_PER_SECOND: "100000",
  };
  return startRealWorker(issuer, upstream, variables, {}, folder);
}
