import { createServer } from "node:http";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { type Listening, listen, scriptedUpstream, startUpstream, type Upstream } from "@org/testkit/node";
import type { RunningWorkerd } from "@org/testkit/workerd";
import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startRealWorker } from "./real-worker.ts";

let browser: Browser;
let issuer: IssuerServer;
let upstream: Upstream;
/** Two pages of different origins. */
let ours: Listening;
let theirs: Listening;
let worker: RunningWorkerd;

const servePage = () =>
  listen(
    createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>")),
  );

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  issuer = await startIssuer();
  upstream = await startUpstream({ handler: scriptedUpstream });
  [ours, theirs] = [await servePage(), await servePage()];
});
afterAll(async () => {
  await browser?.close();
  for (const server of [issuer, upstream, ours, theirs]) await server?.close();
});
beforeEach(() => {
  upstream.received.length = 0;
});
afterEach(() => worker.stop());

const deploy = async (variables: Record<string, string>) => {
  worker = await startRealWorker(issuer, upstream.url, variables);
};

interface Sent {
  status: number;
  body: string;
  /** What the page may read. */
  headers: Record<string, string>;
}

/** What a page of that origin sees of a request to the worker; `null` if the browser keeps it from the page. */
async function fetchFrom(page: Listening, headers: Record<string, string>): Promise<Sent | null> {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(page.url);
  const seen = await tab.evaluate(
    async ({ url, headers }) => {
      try {
        const response = await fetch(url, { method: "POST", headers, body: "{}" });
        return {
          status: response.status,
          body: await response.text(),
          headers: Object.fromEntries(response.headers),
        };
      } catch {
        return null;
      }
    },
    { url: `http://127.0.0.1:${worker.port}/v1/messages`, headers },
  );
  await context.close();
  return seen;
}

const answer = JSON.stringify({
  status: 529,
  headers: [
    ["request-id", "req_1"],
    ["x-request-id", "req_2"],
    ["x-internal", "hidden"],
    ["access-control-allow-origin", "https://evil.example"],
    ["retry-after", "7"],
  ],
  body: "overloaded",
});

describe("a page", () => {
  it("of any origin calls by default, and reads limits, waits and request ids", async () => {
    await deploy({ CORS_EXTRA_HEADERS: "anthropic-version, x-answer" });
    const token = await issuer.issuer.mint();
    const seen = await fetchFrom(theirs, { "x-api-key": token, "anthropic-version": "2023-06-01", "x-answer": answer });
    expect(seen).toMatchObject({ status: 529, body: "overloaded" });
    expect(seen?.headers).toMatchObject({ "request-id": "req_1", "x-request-id": "req_2", "retry-after": "7" });
    expect(seen?.headers.ratelimit).toContain('"token";r=199');
    expect(seen?.headers["ratelimit-policy"]).toContain('"rate";q=2;w=1');
    expect(seen?.headers).not.toHaveProperty("x-internal");
    expect(upstream.received.map(({ method }) => method)).toEqual(["POST"]);
  });

  it("reads why it is refused", async () => {
    await deploy({});
    const seen = await fetchFrom(theirs, { authorization: "Bearer not-a-token" });
    expect(seen).toMatchObject({ status: 401, body: '{"error":"Malformed JWT"}' });
    expect(seen?.headers["x-oidc-proxy-error"]).toBe("token_malformed");
  });

  it("reads that the proxy is misconfigured", async () => {
    await deploy({ UPSTREAM_URL: "nowhere" });
    expect(await fetchFrom(theirs, {})).toMatchObject({ status: 500 });
  });

  it("must keep to the allowed headers", async () => {
    await deploy({});
    expect(await fetchFrom(theirs, { "x-api-key": "t", "x-other": "1" })).toBeNull();
    expect(upstream.received).toEqual([]);
  });
});

describe("of a list of origins", () => {
  it("those named may call, all others may not", async () => {
    await deploy({ CORS_ORIGIN: `https://app.example, ${ours.url}` });
    const token = await issuer.issuer.mint();
    expect(await fetchFrom(ours, { "x-api-key": token })).toMatchObject({ status: 200 });
    expect(await fetchFrom(theirs, { "x-api-key": token })).toBeNull();
    expect(upstream.received).toHaveLength(1); // the preflight of the other has failed
  });
});

describe("off", () => {
  it("keeps every page out", async () => {
    await deploy({ CORS_ORIGIN: "off" });
    expect(await fetchFrom(ours, { "x-api-key": await issuer.issuer.mint() })).toBeNull();
    expect(upstream.received).toEqual([]);
  });
});
