/**
 * Runs `test/runtimes/checks.js` of each published package on the *built* package, in every runtime that it promises to work in, and
 * compiles its types with the oldest TypeScript that it promises.
 * Fetches the runtimes from npm once; Chromium must be there (`apt-get install chromium`), or CHROMIUM_PATH say where.
 */
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { listen } from "@org/testkit/node";
import { encoded } from "../packages/proxy-core/test/encoded.ts";
import { runInChromium } from "./chromium.ts";
import { compileWithOldTypeScript, OLD_TYPESCRIPT } from "./old-typescript.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules", ".cache", "runtimes");
const nodePackage = `node-${process.platform === "darwin" && process.arch === "arm64" ? "bin-" : ""}${process.platform}-${process.arch}`;
const NODES = [20, 22, 24, 26];
/** What each package promises. Forwarding needs headers that a browser does not let a page set. */
const PACKAGES: Record<string, { inBrowsers: boolean }> = {
  "oidc-verify": { inBrowsers: true },
  "token-limiter": { inBrowsers: true },
  "proxy-core": { inBrowsers: false },
};

/** Answers with what it got, compressed. */
const upstream = await listen(
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/base/silent") return;
      const { method, url = "", headers } = request;
      if (url.startsWith("/base/coded/")) return answerEncoded(response, decodeURIComponent(url.slice(12)));
      const body = gzipSync(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
      response.writeHead(url === "/base/moved" ? 302 : 200, {
        "content-type": "application/json",
        "content-encoding": "gzip",
        location: "https://other.example/",
        "x-leak": headers["x-api-key"],
      });
      response.end(body);
    });
  }),
);

/** The header `x-length` tells the length that was sent. */
function answerEncoded(response: ServerResponse, coding: string): void {
  const body = encoded(coding);
  const { length } = body;
  response.writeHead(200, { "content-encoding": coding, "content-length": length, "x-length": length }).end(body);
}

const runFile = promisify(execFile);
const run = async (command: string, ...args: string[]): Promise<string> => {
  const { stdout } = await runFile(command, args, { cwd: folder, env: { ...process.env, UPSTREAM: upstream.url } });
  return stdout.trim();
};

mkdirSync(folder, { recursive: true });
const tarballs = Object.keys(PACKAGES).map((name) => {
  const tarball = `${name}.tgz`;
  const cwd = join(root, "packages", name);
  execFileSync("pnpm", ["pack", "--out", join(folder, tarball)], { cwd, stdio: "ignore" });
  copyFileSync(join(cwd, "test", "runtimes", "checks.js"), join(folder, `${name}.js`));
  return tarball;
});
const dependencies = {
  ...Object.fromEntries(NODES.map((version) => [`node-${version}`, `npm:${nodePackage}@${version}`])),
  bun: "1.4.5",
  deno: "2.9.6",
  "typescript-old": `npm:typescript@${OLD_TYPESCRIPT}`,
};
writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
// The tarballs by path: they change under the same name.
await run("npm", "install", ...quiet, ...tarballs.map((tarball) => `./${tarball}`));

const bin = (name: string) => join(folder, "node_modules", ".bin", name);
const nodes = NODES.map((version) => join(folder, "node_modules", `node-${version}`, "bin", "node"));
const runtimes: [name: string, check: (name: string) => Promise<string>][] = [
  ...(await Promise.all(
    nodes.map(
      async (path): Promise<[string, (name: string) => Promise<string>]> => [
        `Node ${await run(path, "--version")}`,
        (name) => run(path, `${name}.js`),
      ],
    ),
  )),
  [`Bun ${await run(bin("bun"), "--version")}`, (name) => run(bin("bun"), `${name}.js`)],
  [
    (await run(bin("deno"), "--version")).split("\n")[0] ?? "Deno",
    (name) => run(bin("deno"), "run", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env=UPSTREAM", `${name}.js`),
  ],
  ["Chromium", (name) => runInChromium(folder, `${name}.js`)],
];
for (const [name, { inBrowsers }] of Object.entries(PACKAGES)) {
  for (const [runtime, check] of runtimes) {
    if (runtime === "Chromium" && !inBrowsers) continue;
    const outcome = await check(name).catch((error: Error) => error.message);
    const passes = outcome === "every check passes";
    console.log(`${passes ? "✓" : "✗"} @org/${name} on ${runtime}${passes ? "" : `: ${outcome}`}`);
    if (!passes) process.exitCode = 1;
  }
}
for (const [name, said] of await compileWithOldTypeScript(folder, run)) {
  console.log(`${said === "" ? "✓" : "✗"} types with ${name}${said === "" ? "" : `: ${said}`}`);
  if (said !== "") process.exitCode = 1;
}
await upstream.close();
