import { join } from "node:path";
import { answerOk, exchange, type RawRequest, type RawUpstream, startRawUpstream } from "@org/testkit/raw-http";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, beforeEach } from "vitest";

export interface StageOptions {
  cors?: readonly string[];
  /** Compatibility flags. Default: the one that keeps every byte of a URL. */
  flags?: readonly string[];
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
export function createStage({ cors = ["*"], flags = ["fetch_legacy_url"] }: StageOptions = {}): Stage {
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
      bindings: { UPSTREAM: `${self.upstream.url}/base`, KEYS: ["sk-the-real-key"], CORS: cors },
      flags: ["enable_request_signal", "request_signal_passthrough", ...flags],
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

function message(line: string, host: string, headers: readonly string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, `Host: ${host}`, ...headers, "Connection: close", "", body].join("\r\n");
}

export function statusOf(answer: string): number {
  return Number(answer.split(" ")[1]);
}

/** Status line and headers without those of one hop, and the body, for comparing two ways to the same upstream. */
export function comparable(answer: string): { status: string; headers: string[]; body: string } {
  const end = answer.indexOf("\r\n\r\n");
  const [status = "", ...lines] = answer.slice(0, end).split("\r\n");
  const headers = lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
  return {
    status,
    headers: headers.filter((line) => !line.startsWith("connection:")).sort(),
    body: answer.slice(end + 4),
  };
}
