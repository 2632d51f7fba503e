import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startIssuer } from "@org/issuer-server";
import { startUpstream } from "@org/testkit/node";
import { parse } from "jsonc-parser";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { createProject, type Project } from "../src/project.ts";
import { ROOT } from "../src/root.ts";
import { startWranglerDev, WRANGLER_ENVIRONMENT } from "../src/wrangler-dev.ts";

const worker = inject("packed").find(({ manifest }) => manifest.bin?.["oidc-proxy"] !== undefined);
const { issuer, ...issuing } = await startIssuer();
const upstream = await startUpstream();

/** As goose's `oidc-proxy` was deployed, but for the two addresses. */
const firstForm = `name = "oidc-proxy"
main = "src/index.js"
compatibility_date = "2026-03-01"

[vars]
OIDC_ISSUER = "${issuing.url}"
OIDC_AUDIENCE = "goose-oidc-proxy"
MAX_TOKEN_AGE_SECONDS = "1200"  # 20 minutes
ALLOWED_REPOS = "octo-org/octo-repo,octo-org/other"
UPSTREAM_URL = "${upstream.url}"
UPSTREAM_AUTH_HEADER = "x-api-key"
CORS_EXTRA_HEADERS = "anthropic-version"
`;
const laterForm = `${firstForm}MAX_REQUESTS_PER_TOKEN = "200"
RATE_LIMIT_PER_SECOND = "2"

[durable_objects]
bindings = [{ name = "TOKEN_BUCKET", class_name = "TokenBucket" }]

[[migrations]]
tag = "v1"
new_classes = ["TokenBucket"]
`;

let project: Project;
const at = (...path: string[]) => join(project.folder, ...path);
const read = (...path: string[]) => readFileSync(at(...path), "utf8");

beforeAll(async () => {
  project = createProject({ "old/first/wrangler.toml": firstForm, "old/later/wrangler.toml": laterForm });
  for (const form of ["first", "later"]) {
    const init = ["init", form, "--from", `old/${form}/wrangler.toml`, "--package", worker?.tarball ?? ""];
    await project.run("npm", ["exec", "--yes", `--package=${worker?.tarball}`, "--", "oidc-proxy", ...init]);
    writeFileSync(at(form, ".dev.vars"), "UPSTREAM_API_KEY=sk-the-real-key\n");
  }
  await project.run("npm", ["install", "--prefix", "later", "--no-audit", "--no-fund", "--loglevel=error"]);
  symlinkSync(at("later", "node_modules"), at("first", "node_modules")); // both need the same
});

afterAll(async () => {
  await Promise.all([issuing.close(), upstream.close()]);
  project?.remove();
});

const wrangler = (form: string, args: readonly string[], env: Record<string, string> = {}) =>
  project.run(process.execPath, [at(form, "node_modules/wrangler/bin/wrangler.js"), ...args, "--cwd", at(form)], {
    ...WRANGLER_ENVIRONMENT,
    ...env,
  });

async function serve(form: string) {
  const served = await startWranglerDev(at(form));
  onTestFinished(served.close);
  /** As the client of the original sends its requests. */
  const send = (token: string) =>
    fetch(`${served.url}/v1/messages`, { method: "POST", headers: { "x-api-key": token }, body: "{}" });
  return { ...served, send };
}

/** Of a trusted repository, issued ten minutes ago: too young for MAX_TOKEN_AGE_SECONDS, and expired since five. */
function mintExpired(): Promise<string> {
  const iat = Math.floor(Date.now() / 1000) - 600;
  return issuer.mint({ repository: "octo-org/octo-repo", iat, nbf: iat, exp: iat + 300 });
}

describe.each(["first", "later"])("a deployment of the original's %s form, moved over,", (form) => {
  it("passes a dry run", async () => {
    expect(await wrangler(form, ["deploy", "--dry-run"])).toContain("env.LIMITER (LimiterObject)");
  });

  it("serves its clients, and refuses an expired token as its later versions did", async () => {
    const { send } = await serve(form);
    const passed = await send(await issuer.mint({ repository: "octo-org/octo-repo" }));
    expect(passed.status).toBe(200);
    expect(await passed.json()).toMatchObject({ url: "/v1/messages", headers: { "x-api-key": "sk-the-real-key" } });
    const expired = await send(await mintExpired());
    expect([expired.status, await expired.json()]).toEqual([401, { error: "Token expired" }]);
    expect((await send(await issuer.mint({ repository: "octo-org/stranger" }))).status).toBe(403);
  });

  it("accepts it with ENFORCE_TOKEN_EXPIRY taken out, as the first versions did", async () => {
    const before = read(form, "wrangler.jsonc");
    onTestFinished(() => writeFileSync(at(form, "wrangler.jsonc"), before));
    writeFileSync(at(form, "wrangler.jsonc"), before.replace(/^ *"ENFORCE_TOKEN_EXPIRY": "true",\n/m, ""));
    const { send } = await serve(form);
    expect((await send(await mintExpired())).status).toBe(200);
  });
});

describe("docs/migrate.md has both ways for the old class:", () => {
  const document = readFileSync(join(ROOT, "docs/migrate.md"), "utf8");
  const fence = (heading: string, language: string) =>
    document.split(`### ${heading}\n`)[1]?.match(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``))?.[1] ?? "";
  const settingsOf = (heading: string): Record<string, unknown> => parse(fence(heading, "jsonc"));
  const kept = fence("Keep the old class", "ts");
  const whole = kept.split("\n").filter((line) => line.startsWith("export {"));

  it("keeping it is what init wrote", () => {
    expect(parse(read("later", "wrangler.jsonc"))).toMatchObject(settingsOf("Keep the old class"));
    const lines = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("//"));
    expect(lines(read("later", "src/index.ts"))).toEqual(lines(kept));
  });

  it.each([
    { way: "Keep the old class", index: kept },
    { way: "Delete the old class", index: `${whole.join("\n")}\n` },
  ])("$way: it passes a dry run, and starts in workerd without a complaint", async ({ way, index }) => {
    const files = ["wrangler.jsonc", "src/index.ts"].map((path) => ({ path, before: read("later", path) }));
    onTestFinished(() => {
      for (const { path, before } of files) writeFileSync(at("later", path), before);
    });
    const changed = { ...parse(read("later", "wrangler.jsonc")), ...settingsOf(way) };
    writeFileSync(at("later", "wrangler.jsonc"), JSON.stringify(changed));
    writeFileSync(at("later", "src/index.ts"), index);
    await wrangler("later", ["deploy", "--dry-run"]);
    const { send, output } = await serve("later");
    expect((await send(await issuer.mint({ repository: "octo-org/octo-repo" }))).status).toBe(200);
    expect(output()).not.toContain("TokenBucket");
  });
});

it("over the original's v1 wrangler sends Cloudflare the new class alone, and keeps the secrets", async () => {
  const uploads: string[] = [];
  const script = { migration_tag: "v1", last_deployed_from: "wrangler" };
  const answers: [RegExp, unknown][] = [
    [/\/services\/[^/]+$/, { default_environment: { environment: "production", script } }],
    [/\/deployments$/, { deployments: [] }],
    [/\/secrets$/, [{ name: "UPSTREAM_API_KEY", type: "secret_text" }]],
    [/./, []],
  ];
  const cloudflare = createServer(async (request, response) => {
    const { method, url = "" } = request;
    if (method === "PUT") uploads.push(await text(request));
    const [, result] = answers.find(([path]) => path.test(url)) ?? [];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  });
  await new Promise<void>((resolve) => cloudflare.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void cloudflare.close());
  const { port } = cloudflare.address() as AddressInfo;
  // It ends with an error: the stand-in knows no more than the upload.
  await wrangler("later", ["deploy"], {
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
    CLOUDFLARE_ACCOUNT_ID: "account",
    CLOUDFLARE_API_TOKEN: "token",
  }).catch(() => undefined);
  expect(uploads).toHaveLength(1);
  const [, metadata = "{}"] = /name="metadata".*?\r\n\r\n(.*?)\r\n--/s.exec(uploads[0] ?? "") ?? [];
  expect(JSON.parse(metadata)).toMatchObject({
    migrations: { old_tag: "v1", new_tag: "limiter-object-1", steps: [{ new_sqlite_classes: ["LimiterObject"] }] },
    keep_bindings: expect.arrayContaining(["secret_text"]),
  });
});
