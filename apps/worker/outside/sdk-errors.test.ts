import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import { HubApiError, modelInfo } from "@huggingface/hub";
import { APICallError, generateText, type LanguageModel } from "ai";
import OpenAI, { AzureOpenAI } from "openai";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createStage } from "./stage.ts";

const PRESETS = ["anthropic", "openai", "gemini", "azure-openai", "openrouter", "huggingface", "github-models", "npm"];

/** Each preset below a prefix of its own name; the token is good for one request. */
const stage = createStage((upstream) => ({
  UPSTREAM_URL: "",
  UPSTREAM_AUTH_HEADER: "",
  ROUTES: PRESETS.map((preset) => ({ prefix: `/${preset}`, preset, upstream, key: "UPSTREAM_API_KEY" })),
  MAX_REQUESTS_PER_TOKEN: "1",
}));
beforeAll(async () => {
  expect(await stage.send("GET /openai/v1/models")).toMatch(/ratelimit: "token";r=0/i);
});
afterEach(() => {
  vi.restoreAllMocks();
});

type Class = abstract new (...args: never[]) => Error;

interface Client {
  name: string;
  ask(apiKey: string): Promise<unknown>;
  /** What is thrown when the credential is no token, and when its budget is spent. */
  Unauthorized: Class;
  RateLimited: Class;
}

const url = (path: string) => `${stage.worker.url}${path}`;
const messages = [{ role: "user" as const, content: "Hello" }];
const claude = { model: "claude", max_tokens: 64, messages };
// `ai` retries every 429, whatever the answer says of retries.
const generate = (model: LanguageModel) => generateText({ model, prompt: "Hello", maxRetries: 0 });
const ofAnthropic = { Unauthorized: Anthropic.AuthenticationError, RateLimited: Anthropic.RateLimitError };
const ofOpenai = { Unauthorized: OpenAI.AuthenticationError, RateLimited: OpenAI.RateLimitError };
const ofAi = { Unauthorized: APICallError, RateLimited: APICallError };

const clients: Client[] = [
  {
    name: "@anthropic-ai/sdk",
    ask: (apiKey) => new Anthropic({ baseURL: url("/anthropic"), apiKey }).messages.create(claude),
    ...ofAnthropic,
  },
  {
    name: "@anthropic-ai/sdk, streaming",
    ask: (apiKey) => new Anthropic({ baseURL: url("/anthropic"), apiKey }).messages.stream(claude).finalMessage(),
    ...ofAnthropic,
  },
  {
    name: "@anthropic-ai/sdk at OpenRouter",
    ask: (authToken) => new Anthropic({ baseURL: url("/openrouter"), authToken, apiKey: null }).messages.create(claude),
    ...ofAnthropic,
  },
  {
    name: "openai",
    ask: (apiKey) =>
      new OpenAI({ baseURL: url("/openai/v1"), apiKey }).chat.completions.create({ model: "gpt", messages }),
    ...ofOpenai,
  },
  {
    name: "openai at OpenRouter",
    ask: (apiKey) =>
      new OpenAI({ baseURL: url("/openrouter/v1"), apiKey }).chat.completions.create({ model: "gpt", messages }),
    ...ofOpenai,
  },
  {
    name: "openai at GitHub Models",
    ask: (apiKey) =>
      new OpenAI({ baseURL: url("/github-models/inference"), apiKey }).chat.completions.create({
        model: "gpt",
        messages,
      }),
    ...ofOpenai,
  },
  {
    name: "AzureOpenAI",
    ask: (apiKey) =>
      new AzureOpenAI({
        endpoint: url("/azure-openai"),
        apiKey,
        apiVersion: "2024-10-21",
        deployment: "gpt",
      }).chat.completions.create({ model: "gpt", messages }),
    ...ofOpenai,
  },
  {
    name: "@google/genai",
    ask: (apiKey) =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url("/gemini") } }).models.generateContent({
        model: "gemini",
        contents: "Hello",
      }),
    Unauthorized: ApiError,
    RateLimited: ApiError,
  },
  {
    name: "ai with @ai-sdk/anthropic",
    ask: (apiKey) => generate(createAnthropic({ baseURL: url("/anthropic/v1"), apiKey })("claude")),
    ...ofAi,
  },
  {
    name: "ai with @ai-sdk/openai",
    ask: (apiKey) => generate(createOpenAI({ baseURL: url("/openai/v1"), apiKey })("gpt")),
    ...ofAi,
  },
  {
    name: "ai with @ai-sdk/google",
    ask: (apiKey) => generate(createGoogleGenerativeAI({ baseURL: url("/gemini/v1beta"), apiKey })("gemini")),
    ...ofAi,
  },
  {
    name: "@huggingface/hub",
    // It takes no credential but its own, which begin with hf_.
    ask: (token) =>
      modelInfo({
        name: "octo-org/model",
        hubUrl: url("/huggingface"),
        fetch: (input, init) => fetch(input, { ...init, headers: { authorization: `Bearer ${token}` } }),
      }),
    Unauthorized: HubApiError,
    RateLimited: HubApiError,
  },
];

describe.each(clients)("$name", ({ ask, Unauthorized, RateLimited }) => {
  /** What is thrown, after how many requests. */
  async function fail(apiKey: string): Promise<{ error: Error; requests: number }> {
    const fetch = vi.spyOn(globalThis, "fetch");
    const error = await ask(apiKey).then(
      () => expect.fail("it was not refused"),
      (reason: Error) => reason,
    );
    return { error, requests: fetch.mock.calls.length };
  }

  it("says whose 401 it is, and why", async () => {
    const { error, requests } = await fail("garbage");
    expect(error).toBeInstanceOf(Unauthorized);
    expect(error.message).toContain("oidc-proxy: Malformed JWT");
    expect(requests).toBe(1);
  });

  it("says at once, without a retry, that the budget is spent", async () => {
    const { error, requests } = await fail(stage.token);
    expect(error).toBeInstanceOf(RateLimited);
    expect(error.message).toContain("oidc-proxy: Token budget exhausted");
    expect(requests).toBe(1);
  });
});

describe("for programs", () => {
  it.each([
    ["@anthropic-ai/sdk", () => new Anthropic({ baseURL: url("/anthropic"), apiKey: "garbage" }).get("/v1/files")],
    ["openai", () => new OpenAI({ baseURL: url("/openai/v1"), apiKey: "garbage" }).get("/files")],
  ])("%s has the code, and the class of a 404", async (_, ask) => {
    const error = await ask().then(
      () => expect.fail("it was not refused"),
      (reason) => reason,
    );
    expect(error.status).toBe(404);
    expect([Anthropic.NotFoundError, OpenAI.NotFoundError]).toContain(error.constructor);
    expect(error.errorCode ?? error.code).toBe("route_not_allowed");
    expect(error.message).toContain("oidc-proxy: Route not allowed");
  });
});

describe("npm", () => {
  /** What it prints of a package that it cannot have. */
  async function view(token: string): Promise<string> {
    using home = temporaryFolder();
    const { host } = new URL(stage.worker.url);
    const settings = [`registry=http://${host}/npm/`, `//${host}/npm/:_authToken=${token}`, "update-notifier=false"];
    writeFileSync(join(home.path, ".npmrc"), [...settings, "fetch-retries=0"].join("\n"));
    const env = { PATH: process.env.PATH, HOME: home.path };
    const { stderr } = await promisify(execFile)("npm", ["view", "left-pad"], { cwd: home.path, env }).then(
      () => expect.fail("it was not refused"),
      (error) => error,
    );
    return stderr;
  }

  it.each([
    ["a token that is none", () => "garbage", "npm notice oidc-proxy: Malformed JWT"],
    ["a spent budget", () => stage.token, "- oidc-proxy: Token budget exhausted"],
  ])("says why it is refused with %s", async (_, token, text) => {
    expect(await view(token())).toContain(text);
  });
});

function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "npm-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
