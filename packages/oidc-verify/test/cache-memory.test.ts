import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { createTokenCache, createVerifier } from "../src/index.ts";
import { createIssuer } from "../src/testing.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const issuer = await createIssuer({ alg: "ES256", audience: "a" });
const TOKENS = 400;

let count = 0;
const fresh = () => `${count++}${crypto.randomUUID()}`;
const many = (length: number, make: (index: number) => unknown) => Array.from({ length }, (_, index) => make(index));
const named = (length: number, name: (index: number) => string, value: () => unknown) =>
  Object.fromEntries(many(length, (index) => [name(index), value()]) as [string, unknown][]);

it.each<[string, () => Record<string, unknown>]>([
  ["as GitHub makes them, 2 KiB", () => ({ sha: fresh(), workflow_sha: fresh(), environment: "x".repeat(200) })],
  [
    "of 12 KiB, with fifty properties",
    () =>
      named(
        50,
        (i) => `repo_property_${i}`,
        () => fresh() + "x".repeat(90),
      ),
  ],
  [
    "with properties of names never seen before",
    () =>
      named(
        180,
        () => `repo_property_${fresh()}`,
        () => "x",
      ),
  ],
  ["with one long text, a character of which is wide", () => ({ x: `語${fresh()}${"x".repeat(8700)}` })],
  ["with lists in lists", () => ({ x: JSON.parse("[".repeat(4400) + "]".repeat(4400)) })],
  ["with objects of names never seen before", () => ({ x: many(160, () => ({ [fresh()]: 1 })) })],
  [
    "with sparse lists",
    () => ({
      x: named(
        800,
        (i) => `${i * 90_001}`,
        () => 1,
      ),
    }),
  ],
])("estimates no less than the memory that remembered tokens take: %s", async (_, claims) => {
  const cache = createTokenCache({ maxBytes: 2 ** 30 });
  const { verify } = createVerifier({ audience: "a", trust: "any", cache, fetch: issuer.fetch });
  const remember = async () => {
    const token = await issuer.mint(claims());
    await verify(Buffer.from(token, "latin1").toString("latin1")); // one text, as a header brings it
  };
  for (let i = 0; i < 10; i++) await remember(); // shapes and code that all share
  const before = { bytes: cache.bytes, heap: heapUsed() };
  for (let i = 0; i < TOKENS; i++) await remember();
  const estimate = cache.bytes - before.bytes;
  expect(cache.bytes).toBeGreaterThan(TOKENS * 1000); // they are remembered
  expect(heapUsed() - before.heap).toBeLessThan(estimate);
});

function heapUsed(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
