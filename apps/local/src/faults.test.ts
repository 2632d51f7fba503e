import { startIssuer } from "@org/issuer-server";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startLlmUpstream } from "./llm-upstream.ts";
import { LOCAL_API_KEY, type Settings } from "./settings.ts";
import type { Stage } from "./stage.ts";
import { startTestStage } from "./test-stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startTestStage({ RATE_LIMIT_PER_SECOND: "1000", MAX_REQUESTS_PER_TOKEN: "1000" });
});
afterAll(() => stage?.close());

async function ask(token: string) {
  const answer = await fetch(`${stage.worker.url}/v1/models`, { headers: { "x-api-key": token } });
  const code = answer.headers.get("x-oidc-proxy-error");
  return { status: answer.status, code, retryAfter: answer.headers.get("retry-after"), body: await answer.text() };
}

describe("a setting that is missing or wrong is told, and nothing is forwarded", () => {
  it.each<[Settings, string]>([
    [{ UPSTREAM_API_KEY: "" }, "UPSTREAM_API_KEY is required"],
    [{ OIDC_AUDIENCE: "" }, "OIDC_AUDIENCE is required"],
    [{ MAX_REQUESTS_PER_TOKEN: "abc" }, "MAX_REQUESTS_PER_TOKEN must be a positive integer"],
  ])("%j", async (settings, fault) => {
    await stage.worker.restart(settings);
    const before = stage.upstream.received.length;
    const answer = await ask(await stage.mint());
    expect(answer).toMatchObject({ status: 500, code: "misconfigured" });
    expect(JSON.parse(answer.body)).toEqual({ error: expect.stringContaining(`Proxy misconfigured: ${fault}`) });
    expect(answer.body).not.toContain("abc");
    expect(stage.upstream.received.length).toBe(before);
  });
});

describe("when a neighbour is down", () => {
  it("an upstream that is stopped is a 502, until it runs again", async () => {
    await stage.worker.restart();
    const token = await stage.mint();
    expect(await ask(token)).toMatchObject({ status: 200, code: null });
    await stage.upstream.close();
    expect(await ask(token)).toMatchObject({
      status: 502,
      code: "upstream_unreachable",
      body: '{"error":"Upstream unreachable"}',
    });
    const again = await startLlmUpstream({ apiKey: LOCAL_API_KEY, port: stage.upstream.port });
    expect(again.url).toBe(stage.upstream.url);
    expect(await ask(token)).toMatchObject({ status: 200, code: null });
    await again.close();
  });

  it("an issuer that is stopped before the first request is a 503, until it runs again", async () => {
    const upstream = await startLlmUpstream({ apiKey: LOCAL_API_KEY, port: stage.upstream.port });
    const { port, issuer, close } = stage.issuer;
    await close();
    await stage.worker.restart();
    const token = await stage.mint();
    const refused = await ask(token);
    expect(refused).toMatchObject({ status: 503, code: "keys_unavailable" });
    expect(refused.body).toBe('{"error":"Signing keys unavailable"}');
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    expect(upstream.received).toEqual([]);

    const again = await startIssuer({ port, key: issuer.key });
    expect(again.url).toBe(issuer.issuer);
    await vi.waitFor(async () => expect(await ask(token)).toMatchObject({ status: 200 }), {
      timeout: 50_000,
      interval: 200,
    });
    await again.close();
    await upstream.close();
  });
});
