import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { startUpstream, type Upstream } from "@org/testkit/node";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { createProject, createProjectForTest, type Project } from "../src/project.ts";
import { pnpm, ROOT } from "../src/root.ts";
import { nodeFolder } from "../src/tools.ts";
import { type ServedWorker, startWranglerDev, WRANGLER_ENVIRONMENT } from "../src/wrangler-dev.ts";

const { tarball, manifest } = inject("packed").find(({ manifest: { bin } }) => bin?.["oidc-proxy"]) ?? expect.fail();

/** A machine of today with the Node that this repository asks for, which is too old for wrangler. */
const machine = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
const OLD_NODE = { ...WRANGLER_ENVIRONMENT, PATH: [nodeFolder("20"), ...machine].join(delimiter) };

/** As it comes with that Node. */
const OLD_NPM = "npm@10.8.2";

/** Once published: `npx @org/oidc-proxy`. */
const COMMAND = ["--yes", `--package=${tarball}`, "--", "oidc-proxy"];
const INSTALL = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
const DRY_RUN = ["wrangler", "deploy", "--dry-run"];

/** Each file of a folder that is the user's, by its path. */
function bytesIn(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const own = paths.filter((path) => !/^(node_modules|\.wrangler)\//.test(path));
  return Object.fromEntries(own.map((path) => [path, readFileSync(join(folder, path), "base64")]));
}

describe("npx init, from the tarball, on Node 20", () => {
  let issuer: IssuerServer;
  let upstream: Upstream;
  let project: Project;
  let served: ServedWorker;
  const init = (...more: string[]) => {
    const upstreamFlags = ["--upstream", upstream.url, "--auth-header", "x-api-key"];
    const flags = ["--audience", "acme", "--repos", "octo-org/octo-repo", ...upstreamFlags, "--package", tarball];
    return project.run("npx", [...COMMAND, "init", ".", ...flags, ...more], OLD_NODE);
  };

  beforeAll(async () => {
    issuer = await startIssuer({ audience: "acme" });
    upstream = await startUpstream();
    project = createProject({ "notes.txt": "an existing repository" });
    await init();
    const { "notes.txt": notes } = bytesIn(project.folder);
    expect(Buffer.from(notes ?? "", "base64").toString()).toBe("an existing repository");
    await project.run("npx", ["--yes", OLD_NPM, ...INSTALL], OLD_NODE);
  });
  afterAll(async () => {
    await served?.close();
    await Promise.all([issuer?.close(), upstream?.close()]);
    project?.remove();
  });

  it("makes what a dry run of the deployment accepts", async () => {
    expect(await project.run("npx", DRY_RUN, OLD_NODE)).toContain("env.LIMITER (LimiterObject)");
  });

  it("makes a worker that answers, and lets through whom it should", async () => {
    const settings = join(project.folder, "wrangler.jsonc");
    const text = readFileSync(settings, "utf8");
    onTestFinished(() => writeFileSync(settings, text));
    writeFileSync(settings, text.replace('"OIDC_AUDIENCE"', `"OIDC_ISSUER": "${issuer.url}",\n    "OIDC_AUDIENCE"`));
    served = await startWranglerDev(project.folder, OLD_NODE);
    const send = async (token?: string) => {
      const answer = await fetch(`${served.url}/v1/messages`, { headers: token ? { "x-api-key": token } : {} });
      return [answer.status, answer.headers.get("x-oidc-proxy-error")];
    };
    expect(await send()).toEqual([401, "missing_token"]);
    expect(upstream.received).toEqual([]);
    const genuine = await issuer.issuer.mint();
    expect(await send(genuine)).toEqual([200, null]);
    expect(upstream.received[0]?.headers["x-api-key"]).toBe("not-a-key-yet");
    expect(await send(genuine.replace(/\.[^.]+$/, `.${"A".repeat(342)}`))).toEqual([401, "signature_invalid"]);
    expect(await send(await issuer.issuer.mint({ repository: "octo-org/another" }))).toEqual([403, "untrusted"]);
    expect(upstream.received).toHaveLength(1);
  });

  it("changes nothing the second time", async () => {
    const before = bytesIn(project.folder);
    const said = await init("--name", "another");
    expect(bytesIn(project.folder)).toEqual(before);
    expect(said).not.toContain("written");
  });

  it("writes nothing where it is told nothing, and does not wait for an answer", async () => {
    const empty = createProjectForTest({});
    const before = bytesIn(empty.folder);
    const command = empty.run("npx", [...COMMAND, "init", "--package", tarball], OLD_NODE);
    await expect(command).rejects.toThrow("--audience, --repos, --preset or --upstream");
    expect(bytesIn(empty.folder)).toEqual(before);
  });
});

const RETURN = "\r";
const CTRL_C = "\x03";

/** At a terminal, as `script` makes one: types each answer once its question is there. */
async function typeInto(project: Project, command: string, dialogue: readonly (readonly [RegExp, string])[]) {
  const child = spawn(
    "script",
    ["--quiet", "--return", "--flush", "--command", `stty rows 50 cols 200; ${command}`, "/dev/null"],
    {
      cwd: project.folder,
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let screen = "";
  const open = [...dialogue];
  child.stdout.on("data", (chunk) => {
    screen += chunk;
    const [question, answer] = open[0] ?? [];
    if (!question?.test(screen)) return;
    open.shift();
    screen = "";
    child.stdin.write(answer ?? "");
  });
  const [status] = await once(child, "close");
  return { status, unasked: open.length };
}

describe("init at a terminal", () => {
  const command = `node node_modules/${manifest.name}/dist/cli.js init new --package ${tarball}`;
  let project: Project;
  beforeAll(async () => {
    project = createProject({ "package.json": { private: true } });
    await project.run("npm", [...INSTALL, tarball]);
  });
  afterAll(() => project?.remove());

  it("writes nothing for somebody who goes away", async () => {
    const dialogue = [[/Audience/, CTRL_C]] as const;
    expect(await typeInto(project, command, dialogue)).toEqual({ status: 130, unasked: 0 });
    expect(readdirSync(project.folder)).not.toContain("new");
  });

  it("asks for what is missing, and again for what cannot be", async () => {
    const dialogue = [
      [/Audience/, `acme${RETURN}`],
      [/Repositories/, `acme${RETURN}`],
      [/owner\/repo/, `/app${RETURN}`],
      [/APIs/, ` ${RETURN}`],
    ] as const;
    expect(await typeInto(project, command, dialogue)).toEqual({ status: 0, unasked: 0 });
    const settings = readFileSync(join(project.folder, "new", "wrangler.jsonc"), "utf8");
    expect(settings).toContain('"OIDC_AUDIENCE": "acme"');
    expect(settings).toContain('"ALLOWED_REPOS": "acme/app"');
    expect(settings).toContain('"preset": "anthropic"');
  });
});

it("pnpm new-worker makes a folder with the worker in it, from the clone", async () => {
  const { folder, run } = createProjectForTest({});
  await pnpm(ROOT, "new-worker", folder, "--audience", "acme", "--repos", "acme/app", "--preset", "openai");
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  expect(readdirSync(folder)).toContain(dependencies[manifest.name].replace("file:", ""));
  await run("npm", INSTALL, OLD_NODE);
  expect(await run("npx", DRY_RUN, OLD_NODE)).toContain("env.LIMITER (LimiterObject)");
});

it("pnpm new-worker makes nothing in the clone", async () => {
  const refusal = pnpm(ROOT, "new-worker", "--audience", "acme", "--repos", "acme/app", "--preset", "openai");
  await expect(refusal).rejects.toThrow("outside this clone");
});

it("templates/worker stands alone, once the package is published", async () => {
  const { folder, run } = createProjectForTest({});
  cpSync(join(ROOT, "templates", "worker"), folder, { recursive: true });
  const path = join(folder, "package.json");
  const made = JSON.parse(readFileSync(path, "utf8"));
  made.dependencies[manifest.name] = `^${manifest.version}`; // as it is written once the package has a scope of somebody's
  writeFileSync(path, JSON.stringify(made));
  await run("npm", INSTALL, OLD_NODE);
  // With whatever Node `npx` finds: the button deploys at Cloudflare.
  expect(await run("npx", DRY_RUN, WRANGLER_ENVIRONMENT)).toContain('env.ALLOWED_REPOS ("-your-org-/-your-repo-")');
});
