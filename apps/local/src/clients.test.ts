import { getIDToken } from "@actions/core";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LOCAL_API_KEY } from "./settings.ts";
import type { Stage } from "./stage.ts";
import { startTestStage } from "./test-stage.ts";

const WORDS = ["Hello", " from", " the", " local", " upstream", "."];
const BUDGET = 6;
const question = { model: "local", max_tokens: 64, messages: [{ role: "user" as const, content: "Hello" }] };

let stage: Stage;
beforeAll(async () => {
  stage = await startTestStage({ MAX_REQUESTS_PER_TOKEN: `${BUDGET}`, RATE_LIMIT_PER_SECOND: "2" });
});
afterAll(() => stage?.close());

interface Client {
  name: string;
  /** How the worker is told to give the key to this API. */
  settings: Record<string, string>;
  expectedKey: [header: string, value: string];
  ask(options: ClientOptions): Promise<string>;
  stream(options: ClientOptions): Promise<string[]>;
  RateLimitError: new (...args: never[]) => Error;
}

interface ClientOptions {
  apiKey: string;
  fetch?: typeof fetch;
}

const clients: Client[] = [
  {
    name: "@anthropic-ai/sdk",
    settings: { UPSTREAM_AUTH_HEADER: "x-api-key" },
    expectedKey: ["x-api-key", LOCAL_API_KEY],
    async ask(options) {
      const client = new Anthropic({ baseURL: stage.worker.url, ...options });
      const { content } = await client.messages.create(question);
      return content.map((block) => (block.type === "text" ? block.text : "")).join("");
    },
    async stream(options) {
      const words: string[] = [];
      const stream = new Anthropic({ baseURL: stage.worker.url, ...options }).messages.stream(question);
      stream.on("text", (word) => words.push(word));
      expect((await stream.finalMessage()).stop_reason).toBe("end_turn");
      return words;
    },
    RateLimitError: Anthropic.RateLimitError,
  },
  {
    name: "openai",
    settings: { UPSTREAM_AUTH_HEADER: "Authorization", UPSTREAM_AUTH_PREFIX: "Bearer " },
    expectedKey: ["authorization", `Bearer ${LOCAL_API_KEY}`],
    async ask(options) {
      const client = new OpenAI({ baseURL: `${stage.worker.url}/v1`, ...options });
      const { choices } = await client.chat.completions.create(question);
      return choices[0]?.message.content ?? "";
    },
    async stream(options) {
      const words: string[] = [];
      const client = new OpenAI({ baseURL: `${stage.worker.url}/v1`, ...options });
      const stream = await client.chat.completions.create({ ...question, stream: true });
      for await (const { choices } of stream) words.push(choices[0]?.delta.content ?? "");
      return words.filter(Boolean);
    },
    RateLimitError: OpenAI.RateLimitError,
  },
];

describe.each(clients)("$name, with a token of getIDToken as its key", (client) => {
  beforeAll(() => stage.worker.restart(client.settings));

  it("gets an answer; the upstream gets its key and no trace of the token", async () => {
    const apiKey = await askForToken();
    expect(await client.ask({ apiKey })).toBe(WORDS.join(""));
    expectKeyAndNoToken(apiKey, client.expectedKey);
  });

  it("gets a streamed answer", async () => {
    const apiKey = await askForToken();
    expect(await client.stream({ apiKey })).toEqual(WORDS);
    expectKeyAndNoToken(apiKey, client.expectedKey);
  });

  it("gets through by itself when it is rate limited", async () => {
    // A machine that is very busy may spread the calls over more than a second: then once more.
    for (let attempt = 0; attempt < 5; attempt++) {
      const options = { apiKey: await askForToken(), fetch: vi.fn(fetch) };
      const answers = await Promise.all(Array.from({ length: 4 }, () => client.ask(options)));
      expect(answers).toEqual(Array(4).fill(WORDS.join("")));
      if (options.fetch.mock.calls.length > 4) return;
    }
    expect.fail("no call was rate limited");
  });

  it("is told at once, without a retry, when the budget is gone", async () => {
    const apiKey = await askForToken();
    await spend(apiKey);
    const counting = vi.fn(fetch);
    const failure = await client.ask({ apiKey, fetch: counting }).catch((error) => error);
    expect(failure).toBeInstanceOf(client.RateLimitError);
    expect(failure.headers.get("x-should-retry")).toBe("false");
    expect(failure.message).toContain("Token budget exhausted");
    expect(counting).toHaveBeenCalledTimes(1);
  });
});

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

function expectKeyAndNoToken(token: string, [header, value]: Client["expectedKey"]): void {
  const received = stage.upstream.received.at(-1);
  expect(received?.headers[header]).toBe(value);
  const everything = JSON.stringify(received);
  for (const part of token.split(".")) expect(everything).not.toContain(part);
}

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
