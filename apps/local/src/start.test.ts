import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { listen } from "@org/testkit/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { DEFAULT_PORTS } from "./ports.ts";
import { familyOf, listProcesses, type Process } from "./processes.ts";
import { settingName } from "./settings.ts";
import { temporaryDir } from "./temporary-dir.ts";

const execute = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const dir = temporaryDir();
afterAll(() => dir[Symbol.dispose]());

interface Run {
  child: ChildProcess;
  output: string;
  ended: Promise<unknown[]>;
}

const runs: Run[] = [];
afterEach(async () => {
  for (const { child, ended } of runs.splice(0)) {
    child.kill("SIGTERM");
    await ended;
  }
});

function start(args: string[], env: NodeJS.ProcessEnv = {}): Run {
  const inherited = Object.entries(process.env).filter(([name]) => !settingName.test(name));
  const child = spawn(process.execPath, [script("start.ts"), "--dir", dir.path, "--dev-vars", "/dev/null", ...args], {
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const started: Run = { child, output: "", ended: once(child, "close") };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      started.output += chunk;
    });
  }
  runs.push(started);
  return started;
}

const patience = { timeout: 50_000, interval: 50 };
const untilPrinted = (run: Run, text: string) => vi.waitFor(() => expect(run.output).toContain(text), patience);

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

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Run the lines that were printed for it in one shell, as one who copies them does. */
async function runBlock({ output }: Run): Promise<string> {
  const lines = output.split("\n").filter((line) => /^(TOKEN=|curl )/.test(line));
  expect(lines[0]).toMatch(/^TOKEN=\$\(npx --yes pnpm@\S+ --silent mint /);
  const checked = lines.map((line) => line.replace(/^curl/, "curl --silent --show-error --fail"));
  return (await execute("sh", ["-ec", checked.join("\n")], { cwd: root })).stdout;
}

async function interrupt(run: Run): Promise<unknown> {
  run.child.kill("SIGINT");
  const [status] = await run.ended;
  return status;
}

describe("with a real upstream", () => {
  const seen: string[] = [];
  const KEY = "sk-real-key";
  const server = createServer((request, response) => {
    const { authorization = "", "x-api-key": callers } = request.headers;
    seen.push(`${request.method} ${request.url} ${authorization}${callers ?? ""}`);
    response.writeHead(authorization === `Bearer ${KEY}` ? 200 : 401).end("real");
  });
  let real: Awaited<ReturnType<typeof listen>>;
  let settings: NodeJS.ProcessEnv;
  beforeAll(async () => {
    real = await listen(server);
    settings = {
      UPSTREAM_URL: `${real.url}/base`,
      UPSTREAM_AUTH_HEADER: "Authorization",
      UPSTREAM_AUTH_PREFIX: "Bearer ",
      UPSTREAM_API_KEY: KEY,
    };
  });
  afterAll(() => real.close());
  beforeEach(() => {
    seen.length = 0;
  });

  it("asks it once, sends it its key and nothing else, and helps to try it", async () => {
    const run = start([], settings);
    await untilPrinted(run, "Ctrl-C");
    expect(run.output).toContain("the upstream answered 200");
    expect(run.output).toContain("All as it should be.");
    expect(run.output).not.toContain("the upstream received");
    expect(seen).toEqual([`GET /base/v1/models Bearer ${KEY}`]);
    expect(await runBlock(run)).toBe("real");
    expect(seen).toEqual(Array(2).fill(`GET /base/v1/models Bearer ${KEY}`));
    expect(run.output).not.toMatch(/eyJ|sk-real-key/);
    expect(await interrupt(run)).toBe(0);
  });

  it("that refuses the key says so, and ends with 1", async () => {
    const run = start([], { ...settings, UPSTREAM_API_KEY: "sk-wrong-key" });
    await untilPrinted(run, "Ctrl-C");
    expect(run.output).toContain("expected the upstream to take its key, but it answered 401");
    expect(run.output).toContain("1 not as it should be");
    expect(run.output).not.toContain("sk-wrong-key");
    expect(await interrupt(run)).toBe(1);
  });

  it("that cannot be reached says so, and ends with 1", async () => {
    const run = start(["--once"], { ...settings, UPSTREAM_URL: "http://127.0.0.1:1" });
    expect(await run.ended).toEqual([1, null]);
    expect(run.output).toContain("but it was the proxy's own: 502 Upstream unreachable");
  });

  it("behind ROUTES shows what each route refuses, and helps to try each", async () => {
    const bearer = { upstream: `${real.url}/api`, authHeader: "Authorization", authPrefix: "Bearer " };
    const ROUTES = JSON.stringify([
      { ...bearer, prefix: "/one", key: "FIRST_KEY", allow: ["POST /v1/builds", "GET /v1/builds/*"] },
      { ...bearer, prefix: "/two", key: "UPSTREAM_OTHER_KEY" },
      { ...bearer, host: "three.example", key: "UPSTREAM_API_KEY", trust: [{ repository: "octo-org/octo-repo" }] },
    ]);
    const keys = { FIRST_KEY: KEY, UPSTREAM_OTHER_KEY: KEY, UPSTREAM_API_KEY: KEY };
    const run = start([], { ROUTES, ...keys });
    await untilPrinted(run, "Ctrl-C");
    expect(run.output).toContain("All as it should be.");
    expect(run.output.match(/401 Invalid audience/g)).toHaveLength(3);
    expect(run.output.match(/403 Repository/g)).toHaveLength(2); // the third has trust rules of its own
    expect(run.output).not.toContain("the upstream received");
    expect(seen).toEqual([]);
    expect(await runBlock(run)).toBe("realrealreal");
    expect(seen).toEqual(["/api/v1/builds/x", "/api/", "/api/"].map((path) => `GET ${path} Bearer ${KEY}`));
    expect(run.output).not.toMatch(/eyJ|sk-real-key/);
    expect(await interrupt(run)).toBe(0);
  });

  it.each([
    ['[{"prefix":"/one","preset":"anthropic","key":"NO_SUCH_KEY"}]', "ROUTES.0.key must be the name of a secret"],
    ["[", "ROUTES must be JSON"],
  ])("and a fault in ROUTES names the fault: %s", async (ROUTES, fault) => {
    const run = start(["--once"], { ROUTES });
    expect(await run.ended).toEqual([1, null]);
    expect(run.output).toContain(`500 Proxy misconfigured: ${fault}`);
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
  const takers = await Promise.all(ports.map((port) => listen(createServer(), port)));
  const run = start([]);
  await untilPrinted(run, "Ctrl-C");
  for (const port of ports) expect(run.output).not.toContain(`:${port}`);

  const { stdout: token } = await execute(process.execPath, [script("mint.ts"), "--dir", dir.path]);
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
  expect(readdirSync(dir.path).sort()).toEqual(["key.json", "worker.log"]);
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
