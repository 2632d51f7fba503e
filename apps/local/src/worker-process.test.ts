import { createServer } from "node:http";
import { join } from "node:path";
import { listen } from "@org/testkit/node";
import { expect, it } from "vitest";
import { temporaryDir } from "./temporary-dir.ts";
import { startWorkerNear } from "./worker-process.ts";

it("starts on another port if somebody has taken the one that was free a moment ago", async () => {
  using dir = temporaryDir();
  const taker = await listen(createServer());
  const worker = await startWorkerNear({
    settings: {},
    runDir: join(dir.path, "run"),
    logFile: join(dir.path, "log"),
    port: taker.port,
  });
  expect(worker.port).not.toBe(taker.port);
  expect((await fetch(worker.url)).headers.get("x-oidc-proxy-error")).toBe("misconfigured");
  await worker.close();
  await taker.close();
});
