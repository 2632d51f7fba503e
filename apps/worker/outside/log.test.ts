import { fileURLToPath } from "node:url";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { exchange, message, openRequest, type RawUpstream, startRawUpstream } from "@org/testkit/raw-http";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startRealWorker } from "./real-worker.ts";

const patience = { timeout: 10_000, interval: 20 };

let issuer: IssuerServer;
let upstream: RawUpstream;
let worker: RunningWorkerd;
beforeAll(async () => {
  issuer = await startIssuer();
  upstream = await startRawUpstream();
  worker = await startRealWorker(
    issuer,
    upstream.url,
    {},
    {
      entry: fileURLToPath(new URL("../test/late-object-worker.ts", import.meta.url)),
      objects: { LIMITER: "LateLimiterObject" },
    },
  );
});
afterAll(async () => {
  await worker?.stop();
  upstream?.close();
  await issuer?.close();
});

const logged = (event: string): Record<string, unknown>[] =>
  worker.log.map((line) => JSON.parse(line)).filter((line) => line.event === event);

it("names every caller who spends, though they hang up before the limiter has answered", async () => {
  const runs = ["1", "2", "3", "4", "5"];
  const tokens = await Promise.all(runs.map((run_id) => issuer.issuer.mint({ run_id })));
  await exchange(worker.port, message("GET /warm", "proxy.example", ["x-api-key: garbage"]));
  const callers = tokens.map((token) => openRequest(worker.port, ["GET /x HTTP/1.1", `x-api-key: ${token}`]));
  // The object has counted by then, and has not answered yet.
  await new Promise((resolve) => setTimeout(resolve, 250));
  for (const { socket } of callers) socket.resetAndDestroy();
  await Promise.all(callers.map(({ ended }) => ended));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(upstream.requests).toEqual([]);
  expect(
    logged("first_use")
      .map(({ run_id }) => run_id)
      .sort(),
  ).toEqual(runs);
  for (const token of tokens) {
    const answer = await exchange(worker.port, message("GET /x", "proxy.example", [`x-api-key: ${token}`]));
    expect(answer).toMatch(/ratelimit: "token";r=198/i);
  }
  expect(logged("first_use")).toHaveLength(runs.length);
});

it("counts strangers, a line for each second and code", async () => {
  const garbage = message("GET /x", "proxy.example", ["x-api-key: garbage"]);
  const before = logged("refused").length;
  await Promise.all(Array.from({ length: 200 }, () => exchange(worker.port, garbage)));
  const lines = () =>
    logged("refused")
      .slice(before)
      .filter(({ code }) => code === "token_malformed");
  const total = () => lines().reduce((sum, { count }) => sum + Number(count), 0);
  await vi.waitFor(() => expect(total()).toBeGreaterThanOrEqual(200), patience);
  expect(lines().length).toBeLessThan(20);
});
