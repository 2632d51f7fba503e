import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import { settingsSchema } from "../docs/settings-schema.ts";
import { readConfig, readCors } from "../src/config.ts";
import { repeatedNames } from "../src/init/repeated-names.ts";
import { configFile, readDeployment, testVariables } from "./deployment.ts";

const folder = mkdtempSync(join(tmpdir(), "deployment-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Settings {
  vars: Record<string, unknown>;
  secrets?: { required?: string[] };
}

function readSettings(text: string): Settings {
  const config = join(folder, `${crypto.randomUUID()}.jsonc`);
  writeFileSync(config, text);
  return unstable_readConfig({ config }) as Settings;
}

const SOME_KEY = "sk-some-key";

/** As the worker would see them, each secret that must be set being set to something. */
const environment = ({ vars, secrets }: Settings) => ({
  ...Object.fromEntries((secrets?.required ?? []).map((name) => [name, SOME_KEY])),
  ...vars,
});

const ajv = new Ajv({ allowUnionTypes: true });

/** By the worker, and by the schema that an editor has. */
function expectAccepted(env: object): void {
  expect(readConfig(env).faults ?? []).toEqual([]);
  expect(readCors(env)).not.toBeNull();
  const vars = Object.entries(env).filter(([, value]) => value !== SOME_KEY);
  ajv.validate(settingsSchema, Object.fromEntries(vars));
  expect(ajv.errors).toBeNull();
}

const text = readFileSync(configFile, "utf8");

/** Lines of commented JSON that stand together, and the line of prose above them. */
const BLOCK = /^ *\/\/ (?!["{}[\] ])(.*)\n((?: *\/\/ ["{}[\] ].*\n)+)/gm;

const blocks = [...text.matchAll(BLOCK)].map(([, title = "", commented = ""]) => ({
  title,
  commented,
  json: commented.replace(/^( *)\/\/ /gm, "$1"),
}));

/** What a block says that it is there instead of. */
const REPLACED: Readonly<Record<string, readonly string[]>> = {
  TRUST_POLICY: ["ALLOWED_REPOS", "ALLOWED_REFS"],
  ROUTES: ["UPSTREAM_URL", "UPSTREAM_AUTH_HEADER", "UPSTREAM_AUTH_PREFIX"],
};

describe("wrangler.jsonc, as it is now,", () => {
  const env: Record<string, unknown> = environment(readSettings(text));

  it("is accepted, with the secrets that must be set", () => {
    expectAccepted(env);
  });

  it("gives no name twice: of two, wrangler takes the last without a word", () => {
    expect(repeatedNames(text)).toEqual([]);
    expect(repeatedNames('{ // "a"\n "a": 1, "b": [{ "a": 1, "c": 2, "\\u0063": 3 }], "a": 4, }')).toEqual(["c", "a"]);
  });

  it("lets no stranger in, unless a rule says so aloud", () => {
    const { config } = readConfig(env);
    expect(config?.routes.map(({ trust }) => trust) ?? []).not.toContain("any");
  });

  it("names nobody by the placeholder: GitHub allows no name that starts with a hyphen", () => {
    const placeholders = String(env.ALLOWED_REPOS ?? "").match(/[^\s,]*\byour-(?:org|repo)\b[^\s,]*/g) ?? [];
    for (const repository of placeholders) expect(repository).toMatch(/^-/);
  });

  const secrets = blocks.find(({ json }) => json.includes('"secrets"'));
  const ofVariables = blocks.filter(({ json }) => /^ *"[A-Z_]+":/m.test(json));

  // Where the block of secrets is gone, the operator has named others, and the block of routes is not theirs.
  const untouched = ofVariables.filter(({ json }) => secrets !== undefined || !json.includes('"ROUTES"'));

  it.each(untouched)("is accepted with this block uncommented as it stands: $title", ({ commented, json }) => {
    const withSecrets = secrets && json.includes('"ROUTES"') ? text.replace(secrets.commented, secrets.json) : text;
    const { vars, ...rest } = readSettings(withSecrets.replace(commented, json));
    const names = [...json.matchAll(/^ *"([A-Z_]+)":/gm)].map(([, name = ""]) => name);
    const added = Object.fromEntries(names.map((name) => [name, vars[name]]));
    const others = { ...testVariables, UPSTREAM_URL: "https://api.example.com", UPSTREAM_API_KEY: SOME_KEY };
    const replaced = names.flatMap((name) => REPLACED[name] ?? []);
    const kept = Object.entries(others).filter(([name]) => !replaced.includes(name));
    expectAccepted({ ...Object.fromEntries(kept), ...environment({ ...rest, vars: added }) });
  });

  // Public: a deployment that has them keeps its counts only under these names. The tag is one that no other worker of this name has used.
  it("binds the object's class, and makes it, by the names that every deployment has", () => {
    const { durable_objects, migrations } = unstable_readConfig({ config: configFile });
    expect(durable_objects.bindings).toContainEqual({ name: "LIMITER", class_name: "LimiterObject" });
    expect(migrations).toContainEqual({ tag: "limiter-object-1", new_sqlite_classes: ["LimiterObject"] });
    const made = (migrations as { new_sqlite_classes?: string[] }[]).flatMap((each) => each.new_sqlite_classes ?? []);
    expect(made.filter((name) => name === "LimiterObject")).toHaveLength(1);
  });
});

it("a file outside the tree is deployed as well, if its main points into the tree", async () => {
  const config = join(folder, "wrangler.jsonc");
  const main = relative(folder, readDeployment().entry);
  writeFileSync(config, text.replace(/"main": ".*"/, `"main": "${main}"`));
  const wrangler = join(import.meta.dirname, "../node_modules/wrangler/bin/wrangler.js");
  const args = ["deploy", "--dry-run", "--config", config, "--outdir", join(folder, "dist")];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" };
  await promisify(execFile)(process.execPath, [wrangler, ...args], { env });
  expect(existsSync(join(folder, "dist/index.js"))).toBe(true);
});
