import type { IncomingMessage, ServerResponse } from "node:http";
import { type ReceivedRequest, startUpstream, type Upstream } from "@org/testkit/node";

export interface LlmUpstreamOptions {
  /** The key that it demands, by itself or as a Bearer token, in whatever header the worker is told to use. */
  apiKey: string;
  /** Default: any free port. */
  port?: number;
  /** Time between two chunks of a stream, milliseconds. Default 100. */
  chunkMs?: number;
}

type Answer = (request: ChatRequest, response: ServerResponse) => void;

interface ChatRequest {
  model?: string;
  stream?: boolean;
}

const WORDS = ["Hello", " from", " the", " local", " upstream", "."];
const TEXT = WORDS.join("");

/**
 * A local upstream that speaks enough of Anthropic's Messages API and OpenAI's Chat Completions API (JSON and SSE) for
 * their SDKs. Other paths are echoed. It records each request; `GET /__received` shows them.
 */
export async function startLlmUpstream({ apiKey, port = 0, chunkMs = 100 }: LlmUpstreamOptions): Promise<Upstream> {
  const upstream = await startUpstream({ port });
  const echo = upstream.handler;
  const answers: Record<string, Answer> = {
    "POST /v1/messages": anthropicMessages(chunkMs),
    "POST /v1/chat/completions": openaiCompletions(chunkMs),
    "GET /v1/models": (_request, response) => json(response, 200, models),
  };
  upstream.handler = (request, response, received) => {
    const answer = answers[`${received.method} ${received.url.split("?")[0]}`];
    if (!answer) return echo(request, response, received);
    if (!hasKey(received, apiKey)) return json(response, 401, authenticationError);
    onceComplete(request, () => {
      const body = readChatRequest(received.body);
      if (body) answer(body, response);
      else json(response, 400, invalidRequest);
    });
  };
  return upstream;
}

function anthropicMessages(chunkMs: number): Answer {
  return ({ model = "local", stream }, response) => {
    const message = { id: "msg_local", type: "message", role: "assistant", model, stop_sequence: null };
    const usage = { input_tokens: 5, output_tokens: WORDS.length };
    if (!stream) {
      const content = [{ type: "text", text: TEXT }];
      return json(response, 200, { ...message, content, stop_reason: "end_turn", usage });
    }
    const events: { type: string; [field: string]: unknown }[] = [
      { type: "message_start", message: { ...message, content: [], stop_reason: null, usage } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      ...WORDS.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage },
      { type: "message_stop" },
    ];
    const chunks = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    void sendEvents(response, chunks, chunkMs);
  };
}

function openaiCompletions(chunkMs: number): Answer {
  return ({ model = "local", stream }, response) => {
    const head = { id: "chatcmpl-local", created: 1_767_225_600, model };
    const usage = { prompt_tokens: 5, completion_tokens: WORDS.length, total_tokens: WORDS.length + 5 };
    if (!stream) {
      const choice = { index: 0, message: { role: "assistant", content: TEXT, refusal: null }, logprobs: null };
      const choices = [{ ...choice, finish_reason: "stop" }];
      return json(response, 200, { ...head, object: "chat.completion", choices, usage });
    }
    const chunk = (delta: object, finish_reason: string | null) =>
      `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    const words = WORDS.map((content) => chunk({ content }, null));
    const chunks = [chunk({ role: "assistant", content: "" }, null), ...words, chunk({}, "stop"), "data: [DONE]\n\n"];
    void sendEvents(response, chunks, chunkMs);
  };
}

/** Send server-sent events, one write each, until the caller goes away. */
export async function sendEvents(response: ServerResponse, chunks: readonly string[], chunkMs: number): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const chunk of chunks) {
    if (response.destroyed) return;
    response.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, chunkMs));
  }
  response.end();
}

const models = {
  object: "list",
  data: [{ id: "local", object: "model", type: "model", display_name: "Local", created: 0, owned_by: "local" }],
  has_more: false,
  first_id: "local",
  last_id: "local",
};

const authenticationError = {
  type: "error",
  error: { type: "authentication_error", message: "invalid API key", code: "invalid_api_key" },
};

const invalidRequest = { type: "error", error: { type: "invalid_request_error", message: "the body is not JSON" } };

function hasKey({ headers }: ReceivedRequest, apiKey: string): boolean {
  return Object.values(headers).some((value) => value === apiKey || value === `Bearer ${apiKey}`);
}

function readChatRequest(body: string): ChatRequest | undefined {
  try {
    const value: unknown = JSON.parse(body || "{}");
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function onceComplete(request: IncomingMessage, then: () => void): void {
  request.on("end", then);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
