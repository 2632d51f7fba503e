import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkSnapshots } from "../src/check-snapshots.ts";
import { findEntries } from "../src/entries.ts";
import { readSurface } from "../src/surface.ts";

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "snapshots-"));
  root = join(folder, "tree");
  mkdirSync(root);
  git("init", "--quiet", "--initial-branch=main");
  declare("export declare function greet(name: string): string;\n");
  write("packages/thing/package.json", JSON.stringify(manifest));
  write("packages/thing/tsconfig.build.json", '{ "compilerOptions": { "lib": ["ES2022"] } }');
  write("packages/own/package.json", '{ "name": "@org/own", "private": true }');
  write(".changeset/first.md", '---\n"@org/thing": minor\n---\n\nFirst.\n');
  write(".gitignore", "dist/\n");
  snapshot();
  commit();
});
afterEach(() => rmSync(folder, { recursive: true }));

const manifest = {
  name: "@org/thing",
  publishConfig: {
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./schema.json": "./schema.json" },
  },
};
const SILENT = "What @org/thing declares has changed, and no changeset says so. Write one: pnpm changeset";

function git(...args: string[]): void {
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.test", ...args], {
    cwd: root,
    stdio: "ignore",
  });
}
function commit(): void {
  git("add", "--all");
  git("commit", "--quiet", "--message", "a step");
}
function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
function declare(text: string): void {
  write("packages/thing/dist/index.d.ts", text);
}
function snapshot(): void {
  for (const entry of findEntries(root)) write(`docs/api/${entry.snapshot}`, readSurface(entry));
}
function change(): void {
  declare("export declare function greet(name: string, loud?: boolean): string;\n");
}

it("finds nothing where nothing has changed, nor where only a comment has", () => {
  expect(checkSnapshots(root)).toEqual([]);
  declare("/** Says hello. */\nexport declare function greet(name: string): string;\n");
  snapshot();
  commit();
  declare("/** Says good day. */\nexport declare function greet(name: string): string;\n");
  expect(checkSnapshots(root)).toEqual([]);
});

it("names the line that is not as committed, and says how to write it", () => {
  change();
  const [first = "", before, now, ...others] = checkSnapshots(root);
  expect(first).toMatch(/^docs\/api\/thing\.api\.md:\d+ is not what the package declares\..* pnpm api$/);
  expect(before).toBe("  - export function greet(name: string): string;");
  expect(now).toBe("  + export function greet(name: string, loud?: boolean): string;");
  expect(others).toEqual([SILENT]);
});

it.each<[string, string, boolean]>([
  ["a changeset that was there before", ".changeset/first.md", false],
  ["one that is new", ".changeset/second.md", true],
])("a changed surface and %s", (_, path, enough) => {
  change();
  snapshot();
  write(path, '---\n"@org/thing": minor\n---\n\nFirst.\n');
  expect(checkSnapshots(root)).toEqual(enough ? [] : [SILENT]);
});

it.each<[string, string, boolean]>([
  ["names another package", '---\n"@org/other": minor\n---\n\n"@org/thing": minor\n', false],
  ["names none", "---\n---\n\nNothing.\n", false],
  ["names it in other quotes", "---\n'@org/other': patch\n'@org/thing': patch\n---\n\nLouder.\n", true],
])("a changed surface and a new changeset that %s", (_, text, enough) => {
  change();
  snapshot();
  write(".changeset/second.md", text);
  expect(checkSnapshots(root)).toEqual(enough ? [] : [SILENT]);
});

it("judges a branch as a whole, in whichever commits things came, and whatever the branch of main does meanwhile", () => {
  git("switch", "--quiet", "--create", "work");
  change();
  snapshot();
  commit();
  expect(checkSnapshots(root)).toEqual([SILENT]);
  write(".changeset/second.md", '---\n"@org/thing": minor\n---\n\nLouder.\n');
  commit();
  write("README.md", "Hello\n");
  commit();
  expect(checkSnapshots(root)).toEqual([]);
});

it("judges what was pushed onto main, where GitHub says what it was pushed onto", () => {
  const before = execFileSync("git", ["rev-parse", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const event = join(folder, "event.json");
  const judge = (push: object) => {
    writeFileSync(event, JSON.stringify(push));
    return checkSnapshots(root, event);
  };
  change();
  snapshot();
  commit();
  write("README.md", "Hello\n");
  commit();
  expect(judge({ before })).toEqual([SILENT]);
  expect(judge({ before: "0".repeat(40) })).toEqual([]);
  expect(judge({ action: "opened" })).toEqual([]);
  write(".changeset/second.md", '---\n"@org/thing": minor\n---\n\nLouder.\n');
  commit();
  expect(judge({ before })).toEqual([]);
});

it("asks for a snapshot of each entry, and for no other", () => {
  const louder = { "./louder": { types: "./dist/louder.d.ts", default: "./dist/louder.js" } };
  const exports = { ...manifest.publishConfig.exports, ...louder };
  write("packages/thing/package.json", JSON.stringify({ ...manifest, publishConfig: { exports } }));
  write("packages/thing/dist/louder.d.ts", "export declare const LOUD: true;\n");
  write("docs/api/gone.api.md", "");
  expect(checkSnapshots(root)).toEqual([
    "docs/api/thing.louder.api.md is missing. Write it: pnpm api",
    "docs/api/gone.api.md belongs to no entry that is published. Delete it: pnpm api",
    SILENT,
  ]);
});

it("says what to do where the history is cut off", () => {
  git("switch", "--quiet", "--create", "work");
  write("README.md", "Hello\n");
  commit();
  const shallow = join(folder, "shallow");
  git("clone", "--quiet", "--depth=1", `file://${root}`, shallow);
  root = shallow;
  declare("export declare function greet(name: string): string;\n");
  expect(() => checkSnapshots(root)).toThrow("fetch-depth: 0");
});

it("says so where nothing is built", () => {
  rmSync(join(root, "packages/thing/dist"), { recursive: true });
  expect(() => checkSnapshots(root)).toThrow("build first");
});
