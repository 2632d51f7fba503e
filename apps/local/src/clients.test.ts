import { getIDToken } from "@actions/core";
import Anthropic, { RateLimitError } from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LOCAL_API_KEY } from "./settings.ts";
import type { Stage } from "./stage.ts";
import { startTestStage } from "./test-stage.ts";

const TEXT = "Hello from the local upstream.";
const BUDGET = 6;
const question = { model: "local", max_tokens: 64, messages: [{ role: "user" as const, content: "Hello" }] };

let stage: Stage;
beforeAll(async () => {
  stage = await startTestStage({ MAX_REQUESTS_PER_TOKEN: `${BUDGET}`, RATE_LIMIT_PER_SECOND: "2" });
});
afterAll(() => stage?.close());

/** As a step of a workflow asks for it. */
async function askForToken(): Promise<string> {
  for (const [name, value] of Object.entries(stage.issuer.actionsEnvironment)) vi.stubEnv(name, value);
  const print = vi.spyOn(process.stdout, "write").mockReturnValue(true); // the mask command, which holds the token
  try {
    return await getIDToken(stage.caller.audience);
  } finally {
    print.mockRestore();
    vi.unstubAllEnvs();
  }
}

/** `fetch` that counts. */
function countingFetch() {
  const counted = {
    requests: 0,
    fetch(...args: Parameters<typeof fetch>) {
      counted.requests++;
      return fetch(...args);
    },
  };
  return counted;
}

function expectKeyAndNoToken(token: string, header: string, value: string): void {
  const received = stage.upstream.received.at(-1);
  expect(received?.headers[header]).toBe(value);
  const everything = JSON.stringify(received);
  for (const part of token.split(".")) expect(everything).not.toContain(part);
}

describe("the Anthropic SDK with a token as its key", () => {
  const connect = (apiKey: string, more: object = {}) => new Anthropic({ baseURL: stage.worker.url, apiKey, ...more });

  it("gets an answer; the upstream gets its key and no trace of the token", async () => {
    const token = await askForToken();
    const message = await connect(token).messages.create(question);
    expect(message.content).toEqual([{ type: "text", text: TEXT }]);
    expectKeyAndNoToken(token, "x-api-key", LOCAL_API_KEY);
    expect(stage.upstream.received.at(-1)?.headers).not.toHaveProperty("authorization");
  });

  it("gets a streamed answer", async () => {
    const token = await askForToken();
    const stream = connect(token).messages.stream(question);
    const words: string[] = [];
    stream.on("text", (word) => words.push(word));
    expect((await stream.finalMessage()).stop_reason).toBe("end_turn");
    expect(words).toEqual(["Hello", " from", " the", " local", " upstream", "."]);
    expectKeyAndNoToken(token, "x-api-key", LOCAL_API_KEY);
  });

  it("gets through by itself when it is rate limited", async () => {
    // A machine that is very busy may spread the calls over more than a second: then once more.
    for (let attempt = 0; attempt < 5; attempt++) {
      const counted = countingFetch();
      const client = connect(await askForToken(), { fetch: counted.fetch });
      const messages = await Promise.all(Array.from({ length: 4 }, () => client.messages.create(question)));
      expect(messages.map(({ content }) => content[0])).toEqual(Array(4).fill({ type: "text", text: TEXT }));
      if (counted.requests > 4) return;
    }
    expect.fail("no call was rate limited");
  });

  it("is told at once, without a retry, when the budget is gone", async () => {
    const token = await askForToken();
    await spend(token);
    const counted = countingFetch();
    const failure = await connect(token, { fetch: counted.fetch })
      .messages.create(question)
      .catch((error) => error);
    expect(failure).toBeInstanceOf(RateLimitError);
    expect(failure.headers.get("x-should-retry")).toBe("false");
    expect(failure.message).toContain("Token budget exhausted");
    expect(counted.requests).toBe(1);
  });
});

describe("the OpenAI SDK with a token as its key", () => {
  beforeAll(() => stage.worker.restart({ UPSTREAM_AUTH_HEADER: "Authorization", UPSTREAM_AUTH_PREFIX: "Bearer " }));
  const connect = (apiKey: string, more: object = {}) =>
    new OpenAI({ baseURL: `${stage.worker.url}/v1`, apiKey, ...more });

  it("gets an answer; the upstream gets its key and no trace of the token", async () => {
    const token = await askForToken();
    const completion = await connect(token).chat.completions.create(question);
    expect(completion.choices[0]?.message.content).toBe(TEXT);
    expectKeyAndNoToken(token, "authorization", `Bearer ${LOCAL_API_KEY}`);
  });

  it("gets a streamed answer", async () => {
    const token = await askForToken();
    const stream = await connect(token).chat.completions.create({ ...question, stream: true });
    const words: string[] = [];
    for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? "");
    expect(words.filter(Boolean)).toEqual(["Hello", " from", " the", " local", " upstream", "."]);
    expectKeyAndNoToken(token, "authorization", `Bearer ${LOCAL_API_KEY}`);
  });

  it("gets through by itself when it is rate limited", async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      const counted = countingFetch();
      const client = connect(await askForToken(), { fetch: counted.fetch });
      const answers = await Promise.all(Array.from({ length: 4 }, () => client.chat.completions.create(question)));
      expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(Array(4).fill(TEXT));
      if (counted.requests > 4) return;
    }
    expect.fail("no call was rate limited");
  });

  it("is told at once, without a retry, when the budget is gone", async () => {
    const token = await askForToken();
    await spend(token);
    const counted = countingFetch();
    const client = connect(token, { fetch: counted.fetch });
    const failure = await client.chat.completions.create(question).catch((error) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    expect(counted.requests).toBe(1);
  });
});

/** Use up the token's budget. */
async function spend(token: string): Promise<void> {
  let passed = 0;
  const code = async () => {
    const answer = await fetch(`${stage.worker.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    if (answer.ok) passed++;
    return answer.headers.get("x-oidc-proxy-error");
  };
  await vi.waitFor(async () => expect(await code()).toBe("budget_exhausted"), { timeout: 30_000 });
  expect(passed).toBe(BUDGET);
}
