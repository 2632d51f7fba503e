import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { text } from "node:stream/consumers";

/** Longest wait for a browser to start and tell its result, milliseconds. */
const TIMEOUT_MS = 60_000;

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

/** What a page of the folder posts to `/result` in headless Chromium. */
export async function runInChromium(folder: string, page: string): Promise<string> {
  const told = Promise.withResolvers<string>();
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    if (path === "/result") {
      told.resolve(await text(request));
      response.end();
    } else {
      response.setHeader("content-type", TYPES[extname(path)] ?? "text/plain");
      createReadStream(join(folder, path))
        .on("error", () => response.writeHead(404).end())
        .pipe(response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const { port } = server.address() as AddressInfo;
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", `--user-data-dir=${profile}`];
  const browser = spawn(
    process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    [...flags, `http://127.0.0.1:${port}/${page}`],
    {
      stdio: "ignore",
    },
  );
  const gone = new Promise<void>((resolve) => browser.once("close", () => resolve()).once("error", () => resolve()));
  browser.once("error", (error) => told.resolve(error.message));
  const timer = setTimeout(() => told.resolve(`no result within ${TIMEOUT_MS} ms`), TIMEOUT_MS);
  const result = await told.promise;
  clearTimeout(timer);
  browser.kill("SIGKILL");
  await gone;
  server.close();
  server.closeAllConnections();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  return result;
}
