import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { startUpstream, type Upstream } from "@org/testkit/node";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "./program.ts";
import { KEY, startRealWorker } from "./real-worker.ts";

const folder = mkdtempSync(join(tmpdir(), "pip-"));
const WHEEL = "greeting-1.0-py3-none-any.whl";
/** A wheel is an archive of this form: https://packaging.python.org/specifications/binary-distribution-format */
const MAKE_WHEEL = `
import zipfile
with zipfile.ZipFile("${WHEEL}", "w") as wheel:
    wheel.writestr("greeting.py", "print('hello')\\n")
    wheel.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n")
    wheel.writestr("greeting-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("greeting-1.0.dist-info/RECORD", "")
`;

let issuer: IssuerServer;
let upstream: Upstream;
let worker: RunningWorkerd;
beforeAll(async () => {
  issuer = await startIssuer();
  await run(folder, {}, "python3", "-c", MAKE_WHEEL);
  upstream = await startUpstream({
    handler({ url }, response) {
      const files: Record<string, string | Buffer> = {
        "/simple/greeting/": `<!doctype html><a href="../../files/${WHEEL}">${WHEEL}</a>`,
        [`/files/${WHEEL}`]: readFileSync(join(folder, WHEEL)),
      };
      const file = files[url ?? ""];
      response.writeHead(file === undefined ? 404 : 200, { "content-type": "text/html" }).end(file);
    },
  });
  worker = await startRealWorker(issuer, upstream.url);
});
afterAll(async () => {
  await worker?.stop();
  await upstream?.close();
  await issuer?.close();
  rmSync(folder, { recursive: true });
});

it("pip installs from an index behind the proxy, with the token as a password", async () => {
  const token = await issuer.issuer.mint();
  const index = `${worker.url.replace("//", `//ci:${token}@`)}/simple/`;
  const settings = { PIP_CONFIG_FILE: "/dev/null", PIP_INDEX_URL: index, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
  await run(folder, settings, "pip3", "install", "--no-cache-dir", `--target=${join(folder, "target")}`, "greeting");
  expect(await run(join(folder, "target"), {}, "python3", "-m", "greeting")).toBe("hello\n");
  expect(upstream.received.map(({ url }) => url)).toEqual(["/simple/greeting/", `/files/${WHEEL}`]);
  for (const { headers, rawHeaders, url } of upstream.received) {
    expect([headers["x-api-key"], headers.authorization]).toEqual([KEY, undefined]);
    expect(`${url} ${rawHeaders.join()}`).not.toContain(token);
  }
});
