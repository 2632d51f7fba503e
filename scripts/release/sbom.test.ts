import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bom, narrowBom, packagesInBundle } from "./sbom.ts";

const url = (name: string) => `pkg:npm/${name}@1.0.0`;
const component = (name: string, more = {}) => ({ name, purl: url(name), "bom-ref": url(name), ...more });
const bom: Bom = {
  serialNumber: "urn:uuid:1",
  metadata: { timestamp: "2026-01-01T00:00:00Z", component: component("us") },
  components: [
    component("b", { scope: "excluded", properties: [{ name: "cdx:npm:package:development", value: "true" }] }),
    component("tool", { scope: "excluded" }),
    component("a", { properties: [{ name: "else", value: "x" }] }),
  ],
  dependencies: [
    { ref: url("us"), dependsOn: [url("tool"), url("b")] },
    { ref: url("tool"), dependsOn: [url("a")] },
    { ref: url("b"), dependsOn: [url("a")] },
    { ref: url("a") },
  ],
};

describe("narrowBom", () => {
  it("keeps what is inside, in order, without what changes from run to run, and not as tools", () =>
    expect(narrowBom(bom, new Set([url("us"), url("b"), url("a")]))).toEqual({
      metadata: { component: component("us") },
      components: [component("a", { properties: [{ name: "else", value: "x" }] }), component("b")],
      dependencies: [
        { ref: url("a"), dependsOn: [] },
        { ref: url("b"), dependsOn: [url("a")] },
        { ref: url("us"), dependsOn: [url("b")] },
      ],
    }));

  it("is never incomplete", () =>
    expect(() => narrowBom(bom, new Set([url("a"), url("unknown")]))).toThrow(/pnpm's list: pkg:npm\/unknown@1.0.0/));
});

describe("packagesInBundle", () => {
  let stage: string;
  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    writeFileSync(join(stage, path), JSON.stringify(content));
  };
  beforeEach(() => {
    stage = mkdtempSync(join(tmpdir(), "sbom-"));
    write("app/package.json", { name: "@scope/app", version: "1.0.0" });
    write("node_modules/a/package.json", { name: "a", version: "2.0.0" });
    write("node_modules/a/esm/package.json", { type: "module" });
  });
  afterEach(() => rmSync(stage, { recursive: true }));

  it("finds each by its own package.json, and passes those that only tell a folder's type", () => {
    write("app/dist/worker.js.map", { sources: ["../src/index.ts", "../../node_modules/a/esm/x.js", "../src/b.ts"] });
    expect([...packagesInBundle(join(stage, "app/dist/worker.js.map"))]).toEqual([
      "pkg:npm/%40scope/app@1.0.0",
      "pkg:npm/a@2.0.0",
    ]);
  });

  it("does not pass over a source that is nobody's", () => {
    write("app/dist/worker.js.map", { sources: ["../../../elsewhere/x.js"] });
    expect(() => packagesInBundle(join(stage, "app/dist/worker.js.map"))).toThrow(/belongs to no package/);
  });
});
