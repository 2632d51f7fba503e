import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { presets } from "../src/index.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");
const readme = read("../README.md");

it("its snippets are the files that the compiler sees", () => {
  const snippets = readdirSync(import.meta.dirname).filter((name) => /^readme-.*(?<!\.d)\.ts$/.test(name));
  const shown = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
  expect(shown.toSorted()).toEqual(snippets.map((name) => read(name)).toSorted());
});

it("its list of presets is complete", () => {
  for (const name of Object.keys(presets)) expect(readme).toContain(`\`${name}\``);
});
