import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { listen } from "@org/testkit/node";
import { describe, expect, it, vi } from "vitest";
import { DEFAULT_PORTS } from "./ports.ts";
import { familyOf, listProcesses, type Process } from "./processes.ts";
import { createStarter, execute, patience, runBlock, script, untilPrinted } from "./starter.ts";

const { dir, start } = createStarter();

/** What of a family still lives; whoever has joined one of its process groups since then belongs to it. */
function survivors(family: Process[]): Process[] {
  const all = listProcesses();
  const ownGroup = all.find(({ pid }) => pid === process.pid)?.groupId;
  const groups = new Set(family.map(({ groupId }) => groupId).filter((groupId) => groupId !== ownGroup));
  const pids = new Set(family.map(({ pid }) => pid));
  return all.filter(({ pid, groupId }) => pids.has(pid) || groups.has(groupId));
}

const expectNobodyLeft = (family: Process[]) => vi.waitFor(() => expect(survivors(family)).toEqual([]), patience);

describe("once", () => {
  it("walks through the main job and ends with 0", async () => {
    const run = start(["--once"]);
    const [status] = await run.ended;
    expect(run.output).toContain("All as it should be.");
    expect(status).toBe(0);
    const told = [
      "x-api-key: sk-local",
      "403 Repository",
      "401 Invalid audience",
      "chunks",
      "Rate limit",
      "Token budget",
    ];
    for (const text of told) expect(run.output).toContain(text);
    expect(run.output).not.toContain("eyJ");
  });

  it("ends with 1 when something is not as it should be", async () => {
    const run = start(["--once"], { UPSTREAM_AUTH_PREFIX: "Wrong " });
    const [status] = await run.ended;
    expect(run.output).toContain("expected 200, but it was 401");
    expect(status).toBe(1);
  });
});

it.each([["--bogus"], ["more"], ["--dir"]])(
  "says that it does not understand %s, and how it is used",
  async (option) => {
    const run = start([option]);
    expect(await run.ended).toEqual([2, null]);
    expect(run.output).toContain("--once");
    expect(run.output).not.toMatch(/^ +at /m);
  },
);

it("stays up on other ports when its own are taken, helps to try it, and is gone after Ctrl-C", async () => {
  const ports = Object.values(DEFAULT_PORTS);
  const takers = await Promise.all(ports.map(hold));
  const run = start([]);
  await untilPrinted(run, "Ctrl-C");
  for (const port of ports) expect(run.output).not.toContain(`:${port}`);

  const { stdout: token } = await execute(process.execPath, [script("mint.ts"), "--dir", dir]);
  const [worker] = /http:\S+/.exec(run.output) ?? [];
  const answer = await fetch(`${worker}/v1/models`, { headers: { "x-api-key": token.trim() } });
  expect(answer.status).toBe(200);

  const answers = await runBlock(run);
  expect(answers).toContain('"text":"Hello');
  expect(answers).toContain("event: content_block_delta");
  expect(answers).toContain('"url":"/v1/messages"');
  await untilPrinted(run, "upstream received POST /v1/messages with x-api-key: sk-local-upstream-key");

  const family = familyOf(run.child.pid ?? 0);
  expect(family.filter(({ name }) => name.includes("workerd"))).not.toEqual([]);
  run.child.kill("SIGINT");
  expect(await run.ended).toEqual([0, null]);
  expect(survivors(family)).toEqual([]);
  expect(readdirSync(dir).sort()).toEqual(["key.json", "worker.log"]);
  for (const taker of takers) await taker.close();
});

describe("leaves no process behind", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("on %s in the middle of the walk", async (signal) => {
    const run = start([]);
    await untilPrinted(run, "1. ");
    const family = familyOf(run.child.pid ?? 0);
    run.child.kill(signal);
    expect(await run.ended).toEqual([130, null]);
    expect(run.output).not.toContain("✗");
    expect(survivors(family)).toEqual([]);
  });

  it("when it is interrupted while it starts", async () => {
    const run = start([]);
    const family = await vi.waitFor(() => {
      const seen = familyOf(run.child.pid ?? 0);
      expect(seen.length).toBeGreaterThan(2); // itself, the guard, wrangler
      return seen;
    }, patience);
    run.child.kill("SIGINT");
    expect(await run.ended).toEqual([130, null]);
    expect(survivors(family)).toEqual([]);
  });

  it("when it is killed, or crashes", async () => {
    const run = start([]);
    await untilPrinted(run, "1. ");
    const family = familyOf(run.child.pid ?? 0);
    run.child.kill("SIGKILL");
    await run.ended;
    await expectNobodyLeft(family);
  });

  it("when wrangler ends by itself, and says so", async () => {
    const run = start([]);
    await untilPrinted(run, "Ctrl-C");
    const family = familyOf(run.child.pid ?? 0);
    const [workerd] = family.filter(({ name }) => name.includes("workerd"));
    const wrangler = family.find(({ pid }) => pid === workerd?.parent);
    process.kill(wrangler?.pid ?? 0, "SIGKILL");
    expect(await run.ended).toEqual([1, null]);
    expect(run.output).toContain("The worker has ended by itself");
    await expectNobodyLeft(family);
  });

  it("when the guard between it and wrangler is killed", async () => {
    const run = start([]);
    await untilPrinted(run, "Ctrl-C");
    const family = familyOf(run.child.pid ?? 0);
    const guard = family.find(({ parent }) => parent === run.child.pid);
    process.kill(guard?.pid ?? 0, "SIGKILL");
    expect(await run.ended).toEqual([1, null]);
    await expectNobodyLeft(family);
  });
});

/** Take this very port, as soon as nobody else has it: other tests start on it as well. */
function hold(port: number) {
  return vi.waitFor(async () => {
    const taker = await listen(createServer(), port);
    if (taker.port === port) return taker;
    await taker.close();
    throw new Error(`port ${port} is taken`);
  }, patience);
}
