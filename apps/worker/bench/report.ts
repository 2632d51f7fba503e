import { readFileSync, writeFileSync } from "node:fs";
import { type Results, ratio, spread } from "./rounds.ts";

/** Everything that was measured, under its title. */
export interface Measured {
  /** CPU of a token seen before, objects in memory. */
  seen: Results;
  seenOnDisk: Results;
  speed: Results;
  first: Results;
  refusals: Results;
  delay: Results;
  download: Results;
  upload: Results;
  startUp: Results;
  bundleKiB: number;
}

const PASS = "pass-through";
const ROW = "+ row";

export function print({ bundleKiB, ...measured }: Measured): void {
  table("A token seen before: CPU per 1,000 requests", measured.seen, ROW);
  table("The same with the objects on a disk", measured.seenOnDisk, ROW);
  table("A token seen before: requests per second", measured.speed, ROW);
  table("A first request, new token and new object: CPU per 1,000 requests", measured.first, ROW);
  table("A refusal: CPU per 1,000 requests", measured.refusals, PASS);
  table("Delay of an SSE chunk, ms", measured.delay, PASS);
  table("A body of 100 MiB, download: MiB per second", measured.download, PASS);
  table("A body of 100 MiB, upload: MiB per second", measured.upload, PASS);
  table("A start: CPU from the process's beginning to its first answer, ms", measured.startUp, PASS);
  console.log(`\nBundle: ${bundleKiB.toFixed(1)} KiB min+gzip`);
}

function table(title: string, results: Results, baseline: string): void {
  console.log(`\n${title}\n\n| | × ${baseline} (half of all rounds) | median |\n|---|--:|--:|`);
  for (const [name, values] of Object.entries(results)) {
    const { median, low, high } = ratio(results, name, baseline);
    const absolute = spread(values).median;
    const [middle, from, to] = [median, low, high].map((value) => value.toFixed(2));
    console.log(`| ${name} | ${middle} (${from} – ${to}) | ${absolute.toFixed(absolute < 10 ? 2 : 0)} |`);
  }
}

const BEGIN = "<!-- measured: cost -->\n";
const END = "<!-- end -->";

/** Put the figures into the README, between their marks. */
export function writeReadme(file: URL, measured: Measured): void {
  const readme = readFileSync(file, "utf8");
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`${file.pathname} has no marks for the figures`);
  writeFileSync(file, `${readme.slice(0, begin + BEGIN.length)}\n${figures(measured)}\n${readme.slice(end)}`);
}

function figures({ bundleKiB, ...measured }: Measured): string {
  const times = (results: Results, name: string, baseline: string) => ratio(results, name, baseline).median.toFixed(2);
  const proxy = (label: string, results: Results, baseline: string) =>
    `| ${label} | ${times(results, "proxy", baseline)} |`;
  const kinds = Object.keys(measured.refusals).filter((kind) => kind !== PASS);
  return `| | × pass-through, object and row |
|---|--:|
${[
  proxy("a token seen before, CPU", measured.seen, ROW),
  proxy("the same with the objects on a disk", measured.seenOnDisk, ROW),
  proxy("a token seen before, requests per second", measured.speed, ROW),
  proxy("a first request, new token and new object, CPU", measured.first, ROW),
].join("\n")}

| | × pass-through |
|---|--:|
${[
  ...kinds.map((kind) => `| a refusal, CPU: ${kind} | ${times(measured.refusals, kind, PASS)} |`),
  proxy("delay of an SSE chunk", measured.delay, PASS),
  proxy("100 MiB down, MiB per second", measured.download, PASS),
  proxy("100 MiB up, MiB per second", measured.upload, PASS),
  proxy("a start, CPU from the process's beginning to its first answer", measured.startUp, PASS),
].join("\n")}

The bundle is ${bundleKiB.toFixed(0)} KiB, minified and compressed.
`;
}
