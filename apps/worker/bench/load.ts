import { readdirSync, readFileSync } from "node:fs";
import type { RunningWorkerd } from "@org/testkit/workerd";
import autocannon from "autocannon";

export interface Load {
  /** One set of headers per request, in turn. */
  headers: readonly Record<string, string>[];
  amount: number;
  /** Status that every answer must have. */
  status: number;
}

export interface Cost {
  /** CPU time of the workerd process per 1,000 requests, milliseconds. */
  cpuMs: number;
  requestsPerSecond: number;
}

/** Send it all, eight at a time, and read what it cost. */
export async function measure({ port, pid }: RunningWorkerd, { headers, amount, status }: Load): Promise<Cost> {
  const before = cpuMs(pid);
  const started = performance.now();
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/v1/models`,
    connections: 8,
    sampleInt: 20, // it ends at a sample only: by default once a second
    amount,
    requests: headers.map((each) => ({ headers: each })),
  });
  const elapsed = performance.now() - started;
  const answered = result.statusCodeStats?.[`${status}`]?.count ?? 0;
  if (answered !== amount)
    throw new Error(`${answered} of ${amount} were ${status}: ${JSON.stringify(result.statusCodeStats)}`);
  return { cpuMs: ((cpuMs(pid) - before) / amount) * 1000, requestsPerSecond: (amount / elapsed) * 1000 };
}

/** CPU time of all threads of a process, to the nanosecond that the kernel counts. */
export function cpuMs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const ns = readdirSync(folder).map((task) =>
    Number(readFileSync(`${folder}/${task}/schedstat`, "utf8").split(" ")[0]),
  );
  return ns.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** Most memory that the process ever held, MiB. */
export function peakMemoryMiB(pid: number): number {
  const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
