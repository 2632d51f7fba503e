import { join } from "node:path";
import {
  answerOk,
  exchange,
  message,
  type RawRequest,
  type RawUpstream,
  startRawUpstream,
} from "@org/testkit/raw-http";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, beforeEach } from "vitest";

export interface StageOptions {
  cors?: readonly string[];
  /** Compatibility flags. Default: the one that keeps every byte of a URL. */
  flags?: readonly string[];
  /** Whether the upstream is reached through an edge, which can be told things about a request. */
  hasEdge?: boolean;
  websocket?: boolean;
  keys?: readonly string[];
  /** Of the upstream, milliseconds. Default: 1,000. */
  timeoutMs?: number;
}

export interface Stage {
  upstream: RawUpstream;
  workerd: RunningWorkerd;
  /** Through the proxy; returns the answer's bytes. */
  send(line: string, headers?: readonly string[], body?: string): Promise<string>;
  /** The same request straight to the upstream. */
  sendDirectly(line: string, headers?: readonly string[], body?: string): Promise<string>;
  /** The request that the upstream got. */
  received(): RawRequest;
}

/** For one test file: an upstream, and the proxy in front of its base path `/base`. */
export function createStage({
  cors = ["*"],
  flags = ["fetch_legacy_url"],
  hasEdge = false,
  websocket = false,
  keys = ["sk-the-real-key"],
  timeoutMs = 1000,
}: StageOptions = {}): Stage {
  const stage: Partial<Stage> = {
    send: (line, headers, body) => exchange(self.workerd.port, message(line, "proxy.example", headers, body)),
    sendDirectly: (line, headers, body) =>
      exchange(Number(new URL(self.upstream.url).port), message(line, "upstream.example", headers, body)),
    received() {
      const [request] = self.upstream.requests;
      if (request === undefined) throw new Error("The upstream received nothing");
      return request;
    },
  };
  const self = stage as Stage;
  beforeAll(async () => {
    self.upstream = await startRawUpstream();
    self.workerd = await startWorkerd({
      entry: join(import.meta.dirname, "proxy-worker.ts"),
      bindings: {
        UPSTREAM: `${self.upstream.url}/base`,
        KEYS: keys,
        CORS: cors,
        WEBSOCKET: websocket,
        TIMEOUT_MS: timeoutMs,
      },
      flags: ["enable_request_signal", "request_signal_passthrough", ...flags],
      ...(hasEdge && { outbound: new URL(self.upstream.url).host }),
    });
  });
  afterAll(async () => {
    await self.workerd?.stop();
    self.upstream?.close();
  });
  beforeEach(() => {
    self.upstream.requests.length = 0;
    self.workerd.log.length = 0;
    self.upstream.answer = answerOk;
  });
  return self;
}
