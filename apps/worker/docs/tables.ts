// Writes the tables of the READMEs, and the type of the environment, between their marks. With --check it changes nothing, and fails if one is not as it should be.

import { readFileSync, writeFileSync } from "node:fs";
import { presets } from "@org/proxy-core";
import * as v from "valibot";
import manifest from "../package.json" with { type: "json" };
import { answer } from "../src/responses.ts";
import { type RouteOption, routeEntries } from "../src/route-rules.ts";
import * as sentences from "./sentences.ts";
import { defaultOf, isJson, meaningOf, variableNames } from "./settings.ts";

type Row = readonly string[];

function isRequired(option: RouteOption): boolean {
  return !v.safeParse(v.object({ [option]: routeEntries({}, new Set())[option] }), {}).success;
}

const code = (text: unknown) => `\`${text}\``;

/** Neighbours whose last cell is the same become one row; of their other cells each is named once. */
function joined(rows: readonly Row[]): Row[] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    if (group?.[0]?.at(-1) === row.at(-1)) group?.push(row);
    else groups.push([row]);
  }
  return groups.map(([first = [], ...others]) =>
    first.map((cell, column) => [...new Set([cell, ...others.map((row) => row[column] ?? "")])].join(", ")),
  );
}

function table(head: Row, rows: readonly Row[]): string {
  const [first, ...lines] = [head, ...rows].map(
    (row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`,
  );
  return [first, `|${"---|".repeat(head.length)}\n`, ...lines].join("");
}

const entriesOf = <K extends string, T>(record: Readonly<Record<K, T>>) => Object.entries(record) as [K, T][];

const variableRows = entriesOf(sentences.variables).map(([name, sentence]) => {
  const { note, text } = typeof sentence === "string" ? { note: "", text: sentence } : sentence;
  return [code(name), defaultOf(name) + note, text];
});

const optionRows = entriesOf(sentences.routeOptions).map(([name, text]) => [
  code(name) + (isRequired(name) ? ", **required**" : ""),
  text,
]);

const presetRows = entriesOf(presets).map(([name, { upstream, authHeader, authPrefix, errors, limits }]) => [
  code(name),
  upstream ?? "yours: set `upstream`",
  code(authPrefix ? `${authHeader}: ${authPrefix}…` : authHeader),
  sentences.presets[name],
  errors,
  limits ? `${limits.perSecond} a second, ${limits.perToken} a token` : "",
]);

const codeRows = entriesOf(sentences.codes).map(([name, text]) => [String(answer(name).status), code(name), text]);

const settingLines = variableNames.map(
  (name) => `  /** ${meaningOf(name)} */\n  ${name}?: ${isJson(name) ? "JsonSetting" : "TextSetting"};\n`,
);

const tables: Readonly<Record<string, string>> = {
  variables: table(["variable", "default", "meaning"], variableRows),
  "route options": table(["option", "meaning"], joined(optionRows)),
  presets: table(["preset", "address", "the key goes in", "opens", "errors", "its clients need"], presetRows),
  codes: table(["status", "code", "what to do"], joined(codeRows)),
  settings: settingLines.join(""),
};

const MARKED = /((?:<!--|\/\/) generated: ([\w ]+?)(?: -->)?\n).*?(?=(?:<!--|\n *\/\/) end)/gs;
const unmarked = new Set(Object.keys(tables));

/**
 * @param home - What links within the repository's README begin with.
 * @throws Error if a mark names no table.
 */
function withTables(text: string, home: string): string {
  return text.replaceAll(MARKED, (_, mark: string, name: string) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`There is no table of ${name}`);
    unmarked.delete(name);
    return `${mark}\n${table.replaceAll("](#", `](${home}#`)}${mark.startsWith("<") ? "\n" : ""}`;
  });
}

const repository = manifest.bugs.replace(/\/issues$/, "");
const files = {
  "README.md": "",
  "packages/proxy-core/README.md": "",
  "apps/worker/README.md": repository,
  "apps/worker/src/environment.ts": "",
};

for (const [path, home] of Object.entries(files)) {
  const file = new URL(`../../../${path}`, import.meta.url);
  const before = readFileSync(file, "utf8");
  const after = withTables(before, home);
  if (!process.argv.includes("--check")) writeFileSync(file, after);
  else if (after !== before) fail(`${path} has a part that is not as the code has it: pnpm docs:tables writes it anew`);
}
for (const name of unmarked) fail(`No file has the table of ${name}`);

function fail(text: string): void {
  console.error(text);
  process.exitCode = 1;
}
