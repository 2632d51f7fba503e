/** What one take of the Durable Object costs in workerd: `pnpm bench:limiter`. The objects take turns. */
import { unstable_startWorker } from "wrangler";

const ROUNDS = 33;
const CALLS = 200;
const objects = ["constant", "row", "limiter"] as const;

const worker = await unstable_startWorker({
  config: new URL("wrangler.jsonc", import.meta.url).pathname,
  dev: { server: { port: 0 }, inspector: false, persist: false, logLevel: "error" },
});

async function measure(object: string): Promise<number> {
  const start = performance.now();
  const response = await worker.fetch(`http://localhost/${object}/${CALLS}`);
  if (!response.ok) throw new Error(`${object}: ${response.status}`);
  return ((performance.now() - start) * 1000) / CALLS;
}

const times = new Map<string, number[]>(objects.map((object) => [object, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const object of objects) times.get(object)?.push(await measure(object));
}
await worker.dispose();

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
const own = (object: string) => [...(times.get(object) ?? [])].slice(3); // the first rounds warm up
console.log(`${ROUNDS} rounds of ${CALLS} calls, one after the other\n`);
console.log("| one call | µs, fastest | µs, median | ratio, fastest | ratio, median |\n|---|--:|--:|--:|--:|");
for (const object of objects) {
  const [fastest, middle] = [Math.min(...own(object)), median(own(object))];
  const ratios = own(object).map((time, i) => time / (own("row")[i] as number));
  const numbers = [
    fastest.toFixed(0),
    middle.toFixed(0),
    (fastest / Math.min(...own("row"))).toFixed(2),
    median(ratios).toFixed(2),
  ];
  console.log(`| ${object} | ${numbers.join(" | ")} |`);
}
