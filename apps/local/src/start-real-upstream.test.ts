import { createServer } from "node:http";
import { listen } from "@org/testkit/node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createStarter, interrupt, runBlock, untilPrinted } from "./starter.ts";

const { start } = createStarter();

describe("with a real upstream", () => {
  const seen: string[] = [];
  const KEY = "sk-real-key";
  const server = createServer((request, response) => {
    const { authorization = "", "x-api-key": callers } = request.headers;
    seen.push(`${request.method} ${request.url} ${authorization}${callers ?? ""}`);
    response.writeHead(authorization === `Bearer ${KEY}` ? 200 : 401).end("real");
  });
  let real: Awaited<ReturnType<typeof listen>>;
  let settings: NodeJS.ProcessEnv;
  beforeAll(async () => {
    real = await listen(server);
    settings = {
      UPSTREAM_URL: `${real.url}/base`,
      UPSTREAM_AUTH_HEADER: "Authorization",
      UPSTREAM_AUTH_PREFIX: "Bearer ",
      UPSTREAM_API_KEY: KEY,
    };
  });
  afterAll(() => real.close());
  beforeEach(() => {
    seen.length = 0;
  });

  it("asks it once, sends it its key and nothing else, and helps to try it", async () => {
    const run = start([], settings);
    await untilPrinted(run, "Ctrl-C");
    expect(run.output).toContain("the upstream answered 200");
    expect(run.output).toContain("All as it should be.");
    expect(run.output).not.toContain("the upstream received");
    expect(seen).toEqual([`GET /base/v1/models Bearer ${KEY}`]);
    expect(await runBlock(run)).toBe("real");
    expect(seen).toEqual(Array(2).fill(`GET /base/v1/models Bearer ${KEY}`));
    expect(run.output).not.toMatch(/eyJ|sk-real-key/);
    expect(await interrupt(run)).toBe(0);
  });

  it("that refuses the key says so, and ends with 1", async () => {
    const run = start([], { ...settings, UPSTREAM_API_KEY: "sk-wrong-key" });
    await untilPrinted(run, "Ctrl-C");
    expect(run.output).toContain("expected the upstream to take its key, but it answered 401");
    expect(run.output).toContain("1 not as it should be");
    expect(run.output).not.toContain("sk-wrong-key");
    expect(await interrupt(run)).toBe(1);
  });

  it("that cannot be reached says so, and ends with 1", async () => {
    const run = start(["--once"], { ...settings, UPSTREAM_URL: "http://127.0.0.1:1" });
    expect(await run.ended).toEqual([1, null]);
    expect(run.output).toContain("but it was the proxy's own: 502 Upstream unreachable");
  });

  it("behind ROUTES shows what each route refuses, and helps to try each", async () => {
    const bearer = { upstream: `${real.url}/api`, authHeader: "Authorization", authPrefix: "Bearer " };
    const ROUTES = JSON.stringify([
      { ...bearer, prefix: "/one", key: "FIRST_KEY", allow: ["POST /v1/builds", "GET /v1/builds/*"] },
      { ...bearer, prefix: "/two", key: "UPSTREAM_OTHER_KEY" },
      { ...bearer, host: "three.example", key: "UPSTREAM_API_KEY", trust: [{ repository: "octo-org/octo-repo" }] },
    ]);
    const keys = { FIRST_KEY: KEY, UPSTREAM_OTHER_KEY: KEY, UPSTREAM_API_KEY: KEY };
    const run = start([], { ROUTES, ...keys });
    await untilPrinted(run, "Ctrl-C");
    expect(run.output).toContain("All as it should be.");
    expect(run.output.match(/401 Invalid audience/g)).toHaveLength(3);
    expect(run.output.match(/403 Repository/g)).toHaveLength(2); // the third has trust rules of its own
    expect(run.output).not.toContain("the upstream received");
    expect(seen).toEqual([]);
    expect(await runBlock(run)).toBe("realrealreal");
    expect(seen).toEqual(["/api/v1/builds/x", "/api/", "/api/"].map((path) => `GET ${path} Bearer ${KEY}`));
    expect(run.output).not.toMatch(/eyJ|sk-real-key/);
    expect(await interrupt(run)).toBe(0);
  });

  it.each([
    ['[{"prefix":"/one","preset":"anthropic","key":"NO_SUCH_KEY"}]', "ROUTES.0.key must be the name of a secret"],
    ["[", "ROUTES must be JSON"],
  ])("and a fault in ROUTES names the fault: %s", async (ROUTES, fault) => {
    const run = start(["--once"], { ROUTES });
    expect(await run.ended).toEqual([1, null]);
    expect(run.output).toContain(`500 Proxy misconfigured: ${fault}`);
  });
});
