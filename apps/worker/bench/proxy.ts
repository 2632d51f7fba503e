/**
 * What the proxy costs, against three workers that do less: a bare pass-through; that and one call of an object; that and one row
 * written, the least that an exact budget needs. All run in one interleaved run, and only ratios are compared.
 *
 * `pnpm bench:worker` prints the tables; `pnpm bench:worker --write` also puts figures and plot into the README.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { startIssuer } from "@org/issuer-server";
import { createSigningKey } from "@org/oidc-verify/testing";
import { startUpstream } from "@org/testkit/node";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { answerBench, bodySpeed, chunkDelay } from "./bodies.ts";
import { cpuMs, type Load, measure, peakMemoryMiB } from "./load.ts";
import { plot } from "./plot.ts";
import { type Measured, print, writeReadme } from "./report.ts";
import { inRounds, type Results } from "./rounds.ts";
import { disk, memory, startBaseline, startProxy, startWithRow } from "./workers.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "21" },
    amount: { type: "string", default: "1000" },
    write: { type: "boolean" },
  },
});
const rounds = Number(options.rounds);
const amount = Number(options.amount);
/** Of what takes seconds each, or shows no small differences. */
const fewRounds = Math.ceil(rounds / 3);

const issuer = await startIssuer();
const upstream = await startUpstream({ handler: answerBench, keepBytes: 0 });
const workers = {
  "pass-through": await startBaseline("pass-through.ts", upstream.url),
  "+ object": await startBaseline("with-object.ts", upstream.url, { objects: { LIMITER: "Constant" } }),
  "+ row": await startWithRow(upstream.url, memory),
  proxy: await startProxy(issuer, upstream.url, memory),
};
const onDisk = { "+ row": await startWithRow(upstream.url, disk), proxy: await startProxy(issuer, upstream.url, disk) };
const pair = { "pass-through": workers["pass-through"], proxy: workers.proxy };
const rowAndProxy = { "+ row": workers["+ row"], proxy: workers.proxy };

type Headers = Load["headers"];
const load = (headers: Headers, count: number = amount, status: number = 200): Load => ({
  headers,
  amount: count,
  status,
});

async function mint(count: number, claims: Record<string, unknown> = {}): Promise<Record<string, string>[]> {
  const tokens = await Promise.all(Array.from({ length: count }, () => issuer.issuer.mint(claims)));
  return tokens.map((token) => ({ "x-api-key": token }));
}

/** The same measure of several workers, by name. */
function each<K extends string>(
  some: Readonly<Record<K, RunningWorkerd>>,
  one: (worker: RunningWorkerd, round: number) => Promise<number>,
): Record<K, (round: number) => Promise<number>> {
  const entries = Object.entries<RunningWorkerd>(some);
  return Object.fromEntries(
    entries.map(([name, worker]) => [name, (round: number) => one(worker, round)]),
  ) as unknown as Record<K, (round: number) => Promise<number>>;
}

async function run(): Promise<Measured> {
  const seen = await mint(200);
  // Then objects and tokens are known, and the engine has compiled what is used often.
  for (const worker of [...Object.values(workers), ...Object.values(onDisk)]) await measure(worker, load(seen, 2000));
  const speed: Record<string, number[]> = Object.fromEntries(Object.keys(workers).map((name) => [name, []]));
  const named = Object.entries(workers).map(([name, worker]) => [
    name,
    async () => {
      const cost = await measure(worker, load(seen));
      speed[name]?.push(cost.requestsPerSecond);
      return cost.cpuMs;
    },
  ]);
  const caller = () => seen[Math.floor(Math.random() * seen.length)] ?? {};
  const fresh = await Promise.all(Array.from({ length: rounds }, () => mint(amount)));
  const body = (direction: "download" | "upload") => each(pair, ({ port }) => bodySpeed(port, caller(), direction));
  return {
    seen: await inRounds(rounds, Object.fromEntries(named)),
    seenOnDisk: await inRounds(
      fewRounds,
      each(onDisk, async (worker) => (await measure(worker, load(seen))).cpuMs),
    ),
    speed,
    first: await inRounds(
      rounds,
      each(rowAndProxy, async (worker, round) => (await measure(worker, load(fresh[round] ?? []))).cpuMs),
    ),
    refusals: await refusalCosts(seen),
    delay: await inRounds(
      fewRounds,
      each(pair, ({ port }) => chunkDelay(port, caller())),
    ),
    download: await inRounds(fewRounds, body("download")),
    upload: await inRounds(fewRounds, body("upload")),
    startUp: await startUps(),
    bundleKiB: gzipSync(workers.proxy.bundle).length / 1024,
  };
}

async function refusalCosts(seen: Headers): Promise<Results> {
  const [header = "", payload = ""] = (seen[0]?.["x-api-key"] ?? "").split(".");
  const forged = await issuer.issuer.signRaw(atob(header), atob(payload), {
    ...(await createSigningKey()),
    kid: issuer.issuer.key.kid,
  });
  const kinds: Record<string, [Headers, number]> = {
    "no token": [[{}], 401],
    garbage: [[{ "x-api-key": "not-a-token" }], 401],
    "wrong audience": [await mint(1, { aud: "another" }), 401],
    "too old": [await mint(1, { iat: 1_700_000_000 }), 401],
    "unknown key": [[{ "x-api-key": await issuer.issuer.mint({}, { kid: "unknown" }) }], 401],
    "bad signature": [[{ "x-api-key": forged }], 401],
    "wrong repository": [await mint(1, { repository: "evil/repo" }), 403],
  };
  const refused = Object.entries(kinds).map(([kind, [headers, status]]) => [
    kind,
    async () => (await measure(workers.proxy, load(headers, amount, status))).cpuMs,
  ]);
  const passed = async () => (await measure(workers["pass-through"], load(seen))).cpuMs;
  return inRounds(rounds, { "pass-through": passed, ...Object.fromEntries(refused) });
}

/** The proxy's first answer is a refusal: a first token also makes it fetch keys and make an object, which a pass-through has not. */
async function startUps(): Promise<Results> {
  const once = async (start: () => Promise<RunningWorkerd>) => {
    const worker = await start();
    await (await fetch(worker.url, { headers: { "x-api-key": "not-a-token" } })).arrayBuffer();
    const spent = cpuMs(worker.pid);
    await worker.stop();
    return spent;
  };
  return inRounds(rounds, {
    "pass-through": () => once(() => startBaseline("pass-through.ts", upstream.url)),
    proxy: () => once(() => startProxy(issuer, upstream.url, memory)),
  });
}

try {
  const measured = await run();
  print(measured);
  for (const [name, { pid }] of Object.entries(workers)) {
    console.log(`Peak memory of ${name}: ${peakMemoryMiB(pid).toFixed(0)} MiB`);
  }
  if (options.write) {
    const { seen, first, refusals } = measured;
    const { "pass-through": _, ...refused } = refusals;
    writeFileSync(new URL("../../../docs/cost.svg", import.meta.url), plot({ cpu: seen, first, refusals: refused }));
    writeReadme(new URL("../../../README.md", import.meta.url), measured);
  }
} finally {
  for (const worker of [...Object.values(workers), ...Object.values(onDisk)]) await worker.stop();
  await upstream.close();
  await issuer.close();
}
