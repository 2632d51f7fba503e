import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Stage } from "./stage.ts";
import { startTestStage } from "./test-stage.ts";

const question = { model: "local", max_tokens: 64, messages: [{ role: "user" as const, content: "Hello" }] };

interface Client {
  auth: object;
  connect(baseURL: string, apiKey: string): () => Promise<unknown>;
}

const clients: Record<string, Client> = {
  anthropic: {
    auth: { authHeader: "x-api-key" },
    connect(baseURL, apiKey) {
      const client = new Anthropic({ baseURL, apiKey });
      return () => client.messages.create(question);
    },
  },
  openai: {
    auth: { authHeader: "Authorization", authPrefix: "Bearer " },
    connect(baseURL, apiKey) {
      const client = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey });
      return () => client.chat.completions.create(question);
    },
  },
};

const RATES = [1, 2, 5];
const prefix = (name: string, perSecond: number) => `/${name}-${perSecond}`;

let stage: Stage;
beforeAll(async () => {
  stage = await startTestStage();
  const routes = Object.entries(clients).flatMap(([name, { auth }]) =>
    RATES.map((RATE_LIMIT_PER_SECOND) => ({
      prefix: prefix(name, RATE_LIMIT_PER_SECOND),
      upstream: stage.upstream.url,
      ...auth,
      key: "UPSTREAM_API_KEY",
      limits: { RATE_LIMIT_PER_SECOND, MAX_REQUESTS_PER_TOKEN: 100 },
    })),
  );
  await stage.worker.restart({
    ROUTES: JSON.stringify(routes),
    UPSTREAM_URL: "",
    UPSTREAM_AUTH_HEADER: "",
    UPSTREAM_AUTH_PREFIX: "",
  });
});
afterAll(() => stage?.close());

// Real time, as the SDKs' own waits are what is seen here: all at once, each with a token of its own. A machine that is busier than the slack
// between turns may lose a call now and then: then once more. Without turns most are lost, each time.
it.concurrent.each(
  Object.entries(clients).flatMap(([name, { connect }]) => [
    { name, connect, calls: 8, perSecond: 2 },
    { name, connect, calls: 20, perSecond: 2 },
    { name, connect, calls: 10, perSecond: 1 },
    { name, connect, calls: 40, perSecond: 5 },
  ]),
)(
  "$calls parallel calls of $name at $perSecond a second all succeed, with no more retries than the SDK makes by itself",
  async ({ name, connect, calls, perSecond }) => {
    const call = connect(`${stage.worker.url}${prefix(name, perSecond)}`, await stage.mint());
    const started = performance.now();
    const outcomes = await Promise.allSettled(Array.from({ length: calls }, call));
    expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
    // Any faster, and some second would have held more than it may.
    expect(performance.now() - started).toBeGreaterThanOrEqual((calls / perSecond - 1) * 1000);
  },
);
