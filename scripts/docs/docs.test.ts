import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { brokenLinks, type Tree } from "./broken-links.ts";
import { fetchingCommands } from "./fetching-commands.ts";
import { anchorsOf } from "./markdown.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root })
  .toString()
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));
const manifests = files.filter((path) => /(^|\/)package\.json$/.test(path));
const published = manifests.filter((path) => JSON.parse(read(path)).publishConfig !== undefined);
const { name, repository } = JSON.parse(read("apps/worker/package.json"));
const scope = name.replace(/\/.*/, "");

const documents = files.filter((path) => /\.md$/.test(path) && !path.startsWith(".changeset/"));
/** What is shown to others: documents, workflows, and what stands in templates of them. */
const shown = files.filter(
  (path) => documents.includes(path) || /(^|\/)(?:\.github|templates)\/.*\.(?:ya?ml|md)$/.test(path),
);

/** In pieces, as `pnpm scope` leaves them: published is what has a scope of somebody's. */
const isPublished = scope !== ["@", "org"].join("");

it("what is copied as it stands takes no package of ours from npm that is not there yet", () => {
  const { dependencies } = JSON.parse(read("templates/worker/package.json"));
  expect(dependencies[name]).toMatch(isPublished ? /^\^/ : /^file:/);
});

describe("no command fetches a package of ours by name that is not published", () => {
  it.each(shown)("%s", (path) => {
    const text = path.endsWith(".md") ? read(path) : `\`\`\`yaml\n${read(path)}\`\`\`\n`;
    expect(fetchingCommands(text, scope)).toEqual([]);
  });

  const fence = (code: string, language = "sh") => `\`\`\`${language}\n${code}\n\`\`\`\n`;

  it.each([
    fence("npm install @acme/a"),
    fence("npm i --save-dev vitest @acme/a@^1.0.0"),
    fence("cd x && npx --yes @acme/a init"),
    fence("npm exec --package=@acme/a -- a init"),
    fence("pnpm dlx @acme/a init"),
    fence("pnpm add \\\n  @acme/a"),
    fence("yarn add @acme/a"),
    fence("bunx @acme/a"),
    fence("bun add @acme/a"),
    fence("deno add npm:@acme/a"),
    fence("npm install 'x@npm:@acme/a'", "bash"),
    fence('import { a } from "npm:@acme/a";', "ts"),
    fence("  - run: npx @acme/a init", "yaml"),
    "Run `npx @acme/a init` in a folder.\n",
    `Published packages are good.\n\n${fence("npm install @acme/a")}`,
    `Once it is published:\n\n## Next\n\n${fence("npm install @acme/a")}`,
    `Once it is published, \`npx @acme/a\`.\n\nAnd \`npm i @acme/a\`.\n`,
  ])("is found: %j", (text) => expect(fetchingCommands(text, "@acme")).toHaveLength(1));

  it.each([
    fence("npm install ../a/a.tgz"),
    fence("npm install hono"),
    fence("pnpm --filter @acme/a build"),
    fence("npx --yes pnpm@12.21.0 --filter=@acme/a pack"),
    fence('import { a } from "@acme/a";', "ts"),
    fence('{ "dependencies": { "@acme/a": "^1.0.0" } }', "json"),
    fence("npm install @acme-other/a"),
    `Once it is published, and not before:\n\n${fence("npm install @acme/a")}`,
    "Once this is published, `npx @acme/a explain` does the same.\n",
    fence("# once it is published\nnpm install @acme/a"),
  ])("is none: %j", (text) => expect(fetchingCommands(text, "@acme")).toEqual([]));
});

describe("every link leads somewhere", () => {
  const tree: Tree = {
    files: new Set(files),
    read,
    repository: repository.url.replace(/^git\+|\.git$/g, ""),
    packed: new Set(published.map((path) => dirname(path))),
  };

  it.each(documents)("%s", (path) => expect(brokenLinks(path, tree)).toEqual([]));

  const small = (readme: string): Tree => {
    const texts: Record<string, string> = {
      "README.md": "# Top\n\n## A `b`, and c\n\n## Same\n\n## Same\n",
      "src/a.ts": "",
      "packages/p/README.md": readme,
      "packages/p/LICENSE": "",
      "packages/p/src/a.ts": "",
      "docs/d.md": readme,
    };
    return {
      files: new Set(Object.keys(texts)),
      read: (path) => texts[path] ?? "",
      repository: "https://github.com/acme/r",
      packed: new Set(["packages/p"]),
    };
  };

  it.each([
    ["docs/d.md", "[x](../nothing.md)", "is not there"],
    ["docs/d.md", "[x](#nothing)", "has no such heading"],
    ["docs/d.md", "[x](../README.md#nothing)", "has no such heading"],
    ["docs/d.md", '[x][y]\n\n[y]: ../nothing "title"\n', "is not there"],
    ["docs/d.md", '<a href="nothing.png">x</a>', "is not there"],
    ["docs/d.md", "![x](nothing.png)", "is not there"],
    ["docs/d.md", "[`x`](nothing.ts)", "is not there"],
    ["docs/d.md", "## A [link](nothing)\n", "is not there"],
    ["docs/d.md", "[x](https://github.com/acme/r/blob/main/nothing.md)", "is not there"],
    ["docs/d.md", "[x](https://github.com/acme/r#nothing)", "has no such heading"],
    [
      "packages/p/README.md",
      "[x](src/a.ts)",
      "is not in the package: write https://github.com/acme/r/blob/main/packages/p/src/a.ts",
    ],
    ["packages/p/README.md", "[x](../../README.md)", "is not in the package"],
  ])("in %s, %j does not", (path, text, fault) => {
    expect(brokenLinks(path, small(text))).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    [
      "docs/d.md",
      "[x](../README.md#a-b-and-c) [y](../README.md#same-1) [z](../src) [w](../src/a.ts) [f](https://github.com/acme/r#readme)",
    ],
    ["docs/d.md", "[x](..#top) [y](https://elsewhere.example/#x) [z](mailto:a@b.example)"],
    ["docs/d.md", "`[x](nothing)`\n\n```md\n[x](nothing)\n```\n"],
    [
      "packages/p/README.md",
      "[x](LICENSE) [y](https://github.com/acme/r/tree/main/packages/p/src) [z](https://github.com/acme/r#top)",
    ],
    ["packages/p/README.md", "# Use\n\n[x](#use)"],
  ])("in %s, %j does", (path, text) => expect(brokenLinks(path, small(text))).toEqual([]));

  it("an anchor is what GitHub makes of a heading", () => {
    expect([...anchorsOf("# A `b.c`: d, [e](f) (g)\n\n## Same\n\n## Same\n\n```sh\n# no heading\n```\n")]).toEqual([
      "a-bc-d-e-g",
      "same",
      "same-1",
    ]);
  });
});
