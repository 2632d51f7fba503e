import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { startUpstream, type Upstream } from "@org/testkit/node";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { dependencies } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProject, type Project } from "../src/project.ts";
import { COMPILERS } from "../src/tools.ts";

const worker = inject("packed").find(({ name }) => name.endsWith("/oidc-proxy"));
if (worker === undefined) throw new Error("the worker is not published");
const { name, manifest, unpacked } = worker;
const folder = `node_modules/${name}`;
const require = createRequire(import.meta.url);
const wrangler = join(require.resolve("wrangler/package.json"), "../bin/wrangler.js");
const quiet = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

const FLAGS = ["enable_request_signal", "request_signal_passthrough", "fetch_legacy_url"];
const BUDGET = 3;

/** What a user's wrangler.jsonc says, but for its entry. */
const deployment = {
  $schema: `${folder}/wrangler.schema.json`,
  name: "my-proxy",
  compatibility_date: "2026-08-01",
  compatibility_flags: FLAGS,
  durable_objects: { bindings: [{ name: "LIMITER", class_name: "LimiterObject" }] },
  migrations: [{ tag: "limiter-object-1", new_sqlite_classes: ["LimiterObject"] }],
  vars: {
    OIDC_AUDIENCE: "my-proxy",
    ALLOWED_REPOS: "octo-org/octo-repo",
    MAX_REQUESTS_PER_TOKEN: String(BUDGET),
    RATE_LIMIT_PER_SECOND: 100,
    UPSTREAM_AUTH_HEADER: "x-api-key",
    TRUST_POLICY: "",
  },
};

const WHOLE = `export { default, LimiterObject } from "${name}";\n`;
const COMPOSED = `import { waitUntil } from "cloudflare:workers";
import { createHandler } from "${name}/compose";

export { LimiterObject } from "${name}/compose";

let handler: ReturnType<typeof createHandler> | undefined;
export default {
  fetch: (request, env) => (handler ??= createHandler(env, waitUntil))(request),
} satisfies ExportedHandler<Env>;
`;

let project: Project;
let issuer: IssuerServer;
let upstream: Upstream;

beforeAll(async () => {
  const files = { "src/index.ts": WHOLE, "src/composed.ts": COMPOSED, "alone/none.ts": "export {};\n" };
  project = createProject({ "package.json": { private: true, type: "module", dependencies }, ...files });
  await INSTALLERS.npm?.(project);
  issuer = await startIssuer({ audience: "my-proxy" });
  upstream = await startUpstream();
});
afterAll(async () => {
  project.remove();
  await Promise.all([issuer.close(), upstream.close()]);
});

/** A configuration with this entry, and what runs wrangler on it. */
function configure(main: string): (...args: string[]) => Promise<string> {
  const config = `${main.replaceAll(/\W+/g, "-")}.jsonc`;
  project.write({ [config]: { ...deployment, main } });
  return (command, ...args) => project.run(process.execPath, [wrangler, command, "--config", config, ...args], quiet);
}

/** The main entry, and the file itself without any source of one's own. */
const WAYS = ["src/index.ts", `${folder}/dist/worker.js`, "src/composed.ts"];

describe.each(WAYS)("a worker whose entry is %s", (main) => {
  const out = `out/${main.replaceAll(/\W+/g, "-")}`;
  let running: RunningWorkerd;

  beforeAll(async () => {
    await configure(main)("deploy", "--dry-run", "--outdir", out);
    running = await startWorkerd({
      entry: join(project.folder, out, main.replace(/^.*\//, "").replace(/\.ts$/, ".js")),
      bindings: {
        ...deployment.vars,
        OIDC_ISSUER: issuer.url,
        UPSTREAM_URL: upstream.url,
        UPSTREAM_API_KEY: "sk-the-real-key",
      },
      objects: { LIMITER: "LimiterObject" },
      flags: FLAGS,
    });
  });
  afterAll(() => running.stop());

  const ask = (token: string) =>
    fetch(`${running.url}/v1/messages?main=${encodeURIComponent(main)}`, { headers: { "x-api-key": token } });

  it("swaps a trusted token for the key, and keeps to its budget", async () => {
    const token = await issuer.issuer.mint();
    const answers = await Promise.all(Array.from({ length: 2 * BUDGET }, () => ask(token)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([...Array(BUDGET).fill(200), ...Array(BUDGET).fill(429)]);
    const arrived = upstream.received.filter(({ url }) => url.includes(encodeURIComponent(main)));
    expect(arrived).toHaveLength(BUDGET);
    for (const { headers } of arrived) expect(headers["x-api-key"]).toBe("sk-the-real-key");
    expect(JSON.stringify(arrived)).not.toContain(token);
  });

  it("refuses a forged token, and one of another repository", async () => {
    const token = await issuer.issuer.mint();
    expect((await ask(`${token.slice(0, -8)}AAAAAAAA`)).status).toBe(401);
    expect((await ask(await issuer.issuer.mint({ repository: "evil/repo" }))).status).toBe(403);
  });
});

it("exports the worker and its object, and no more", () => {
  const [, exported = ""] = /^export \{([^}]*)\};$/m.exec(readFileSync(join(unpacked, "dist/worker.js"), "utf8")) ?? [];
  const names = exported.split(",").map((each) => each.trim().replace(/^.* as /, ""));
  expect(names).toEqual(["LimiterObject", "default"]);
  expect(manifest.dependencies).toBeUndefined();
});

it("brings the licenses of what is bundled", () => {
  const licenses = readFileSync(join(unpacked, "THIRD-PARTY-LICENSES"), "utf8");
  for (const bundled of ["jose", "valibot", "fastest-levenshtein"]) {
    expect(licenses).toMatch(new RegExp(`^${bundled} \\d.*\\n\\n.*MIT`, "im"));
  }
});

it("has a schema that finds wrangler's own beside it, and the one of its settings", () => {
  const at = (path: string) => pathToFileURL(join(project.folder, path));
  const schema = at(deployment.$schema);
  const references = [...readFileSync(schema, "utf8").matchAll(/"\$ref": "([^#"]+)"/g)].map(([, path = ""]) => path);
  expect(new Set(references.map((path) => new URL(path, schema).href))).toEqual(
    new Set([at("node_modules/wrangler/config-schema.json").href, at(`${folder}/settings.schema.json`).href]),
  );
  expect(existsSync(at(`${folder}/settings.schema.json`))).toBe(true);
});

it("compiles with the types that wrangler makes of the configuration", async () => {
  // Of the file alone, too: it has its declarations beside it.
  await configure(`${folder}/dist/worker.js`)("types", "alone/worker-configuration.d.ts");
  await configure("src/index.ts")("types", "src/worker-configuration.d.ts");
  const compilerOptions = {
    ...{ module: "esnext", moduleResolution: "bundler", target: "es2022", lib: ["es2022"], types: [] },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
  };
  for (const part of ["src", "alone"]) {
    project.write({ [`${part}.json`]: { compilerOptions, include: [part] } });
    for (const compiler of Object.values(COMPILERS)) {
      const run = project.run(process.execPath, [compiler, "-p", `${part}.json`]);
      expect(await run.catch((error: Error) => error.message)).toBe("");
    }
  }
});
