/**
 * What the proxy costs, against three workers that do less: a bare pass-through; that and one call of an object; that and one row
 * written, the least that an exact budget needs. All run in one interleaved run, and only ratios are compared.
 *
 * `pnpm bench:worker` prints the tables; `pnpm bench:worker --write` also draws the plot of the README.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { createSigningKey } from "@org/testkit";
import { startIssuer, startUpstream } from "@org/testkit/node";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { startRealWorker } from "../outside/real-worker.ts";
import { answerBench, bodySpeed, chunkDelay } from "./bodies.ts";
import { type Load, measure, peakMemoryMiB, spread } from "./load.ts";
import { plot } from "./plot.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    amount: { type: "string", default: "1000" },
    write: { type: "boolean" },
  },
});
const rounds = Number(options.rounds);
const amount = Number(options.amount);

const issuer = await startIssuer();
const upstream = await startUpstream({ handler: answerBench, keepBytes: 0 });
const at = (file: string) => new URL(file, import.meta.url).pathname;
const bindings = { UPSTREAM_URL: upstream.url };
// The same for all four: that a caller who leaves aborts the upstream is the runtime's work.
const flags = ["enable_request_signal", "request_signal_passthrough", "fetch_legacy_url"];
const workers = {
  "pass-through": await startWorkerd({ entry: at("baselines/pass-through.ts"), bindings, flags }),
  "+ object": await startWorkerd({
    entry: at("baselines/with-object.ts"),
    bindings,
    objects: { LIMITER: "Constant" },
    flags,
  }),
  "+ row": await startWorkerd({ entry: at("baselines/with-row.ts"), bindings, objects: { LIMITER: "OneRow" }, flags }),
  proxy: await startRealWorker(issuer, upstream.url, {
    MAX_TOKEN_AGE_SECONDS: "86400",
    MAX_REQUESTS_PER_TOKEN: "999999999",
    RATE_LIMIT_PER_SECOND: "100000",
  }),
};
type Name = keyof typeof workers;
const names = Object.keys(workers) as Name[];

async function run(): Promise<void> {
  const seen = await mint(200);
  for (const worker of Object.values(workers)) await measure(worker, load(seen, 400)); // objects and tokens are known now
  const cpu = table(names);
  const speed = table(names);
  for (let round = 0; round < rounds; round++) {
    for (const name of rotate(names, round)) {
      const cost = await measure(workers[name], load(seen, amount));
      cpu[name].push(cost.cpuMs);
      speed[name].push(cost.requestsPerSecond);
    }
  }
  const first = await firstRequests();
  const refusals = await refusalCosts(seen[0]?.["x-api-key"] ?? "");
  print("A token seen before: CPU per 1,000 requests", cpu, "+ row");
  print("A token seen before: requests per second", speed, "+ row");
  print("A first request, new token and new object: CPU per 1,000 requests", first, "+ row");
  print("A refusal: CPU per 1,000 requests", { "pass-through": cpu["pass-through"], ...refusals }, "pass-through");
  const pair = { "pass-through": workers["pass-through"], proxy: workers.proxy };
  print(
    "Delay of an SSE chunk, ms",
    await interleaved(pair, (worker) => chunkDelay(worker.port, caller(seen))),
    "pass-through",
  );
  for (const direction of ["download", "upload"] as const) {
    const mibPerSecond = await interleaved(pair, (worker) => bodySpeed(worker.port, caller(seen), direction));
    print(`A body of 100 MiB, ${direction}: MiB per second`, mibPerSecond, "pass-through");
  }
  for (const name of names) console.log(`Peak memory of ${name}: ${peakMemoryMiB(workers[name].pid).toFixed(0)} MiB`);
  console.log(`Bundle: ${(gzipSync(workers.proxy.bundle).length / 1024).toFixed(1)} KiB min+gzip`);
  if (options.write) writeFileSync(at("../../../docs/cost.svg"), plot({ cpu, first, refusals }));
}

const load = (headers: Load["headers"], count: number, status = 200): Load => ({ headers, amount: count, status });

async function mint(count: number, claims: Record<string, unknown> = {}): Promise<Record<string, string>[]> {
  const tokens = await Promise.all(Array.from({ length: count }, () => issuer.issuer.mint(claims)));
  return tokens.map((token) => ({ "x-api-key": token }));
}

const caller = (seen: Record<string, string>[]) => seen[Math.floor(Math.random() * seen.length)] ?? {};

async function firstRequests(): Promise<Record<"+ row" | "proxy", number[]>> {
  const result = table(["+ row", "proxy"]);
  for (let round = 0; round < rounds; round++) {
    const fresh = await mint(500);
    for (const name of rotate(["+ row", "proxy"] as const, round)) {
      result[name].push((await measure(workers[name], load(fresh, 500))).cpuMs);
    }
  }
  return result;
}

async function refusalCosts(token: string): Promise<Record<string, number[]>> {
  const [header = "", payload = ""] = token.split(".");
  const forged = await issuer.issuer.signRaw(atob(header), atob(payload), {
    ...(await createSigningKey()),
    kid: issuer.issuer.key.kid,
  });
  const kinds: [string, Record<string, string>[], number][] = [
    ["no token", [{}], 401],
    ["garbage", [{ "x-api-key": "not-a-token" }], 401],
    ["wrong audience", await mint(1, { aud: "another" }), 401],
    ["too old", await mint(1, { iat: 1_700_000_000 }), 401],
    ["unknown key", [{ "x-api-key": await issuer.issuer.mint({}, { kid: "unknown" }) }], 401],
    ["bad signature", [{ "x-api-key": forged }], 401],
    ["wrong repository", await mint(1, { repository: "evil/repo" }), 403],
  ];
  const result = table(kinds.map(([kind]) => kind));
  for (let round = 0; round < rounds; round++) {
    for (const [kind, headers, status] of kinds) {
      result[kind]?.push((await measure(workers.proxy, load(headers, amount, status))).cpuMs);
    }
  }
  return result;
}

async function interleaved<K extends string>(
  pair: Record<K, RunningWorkerd>,
  one: (worker: RunningWorkerd) => Promise<number>,
): Promise<Record<K, number[]>> {
  const keys = Object.keys(pair) as K[];
  const result = table(keys);
  for (let round = 0; round < rounds; round++) {
    for (const name of rotate(keys, round)) result[name].push(await one(pair[name]));
  }
  return result;
}

function table<K extends string>(keys: readonly K[]): Record<K, number[]> {
  return Object.fromEntries(keys.map((key) => [key, []])) as unknown as Record<K, number[]>;
}

/** Whoever comes first has the colder machine: take turns. */
const rotate = <T>(list: readonly T[], by: number): T[] => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
];

/** Ratios are taken round by round, as a busy machine slows all of a round alike. */
function print(title: string, results: Readonly<Record<string, readonly number[]>>, baseline: string): void {
  const base = results[baseline] ?? [];
  console.log(`\n${title}\n\n| | × ${baseline} | median (lowest – highest) |\n|---|--:|--:|`);
  for (const [name, values] of Object.entries(results)) {
    const ratio = spread(values.map((value, round) => value / (base[round] ?? Number.NaN))).median;
    const { median, low, high } = spread(values);
    const numbers = [median, low, high].map((value) => value.toFixed(median < 10 ? 2 : 0));
    console.log(`| ${name} | ${ratio.toFixed(2)} | ${numbers[0]} (${numbers[1]} – ${numbers[2]}) |`);
  }
}

try {
  await run();
} finally {
  for (const worker of Object.values(workers)) await worker.stop();
  await upstream.close();
  await issuer.close();
}
