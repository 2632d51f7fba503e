import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Listening, listen } from "./listen.ts";

/** What arrived, as it stood on the wire. */
export interface ReceivedRequest {
  method: string;
  /** The request target, undecoded. */
  url: string;
  /** Names as sent, in order, repeated ones apart: `[name, value, name, value, …]`. */
  rawHeaders: string[];
  /** Lower-case names, as Node joins them. */
  headers: Record<string, string>;
  /** The body as UTF-8, once it is complete; "" until then. */
  body: string;
  bodyBytes: number;
  /** The caller went away before the exchange was over. */
  aborted: boolean;
}

export type UpstreamHandler = (request: IncomingMessage, response: ServerResponse, received: ReceivedRequest) => void;

export interface UpstreamOptions {
  port?: number;
  /** Answers requests; by default the request is echoed as JSON. */
  handler?: UpstreamHandler;
  /** Bodies beyond this many bytes are counted and not kept. Default 1 MiB. */
  keepBytes?: number;
}

export interface Upstream extends Listening {
  readonly received: ReceivedRequest[];
  /** Replace to change what it answers. */
  handler: UpstreamHandler;
}

/** An HTTP server on a loopback port that records each request. It answers `GET /__received` with the list itself. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const { port, keepBytes = 1 << 20 } = options;
  const received: ReceivedRequest[] = [];
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 });
  const listening = await listen(server, port);
  const upstream: Upstream = { ...listening, received, handler: options.handler ?? echo };

  server.on("request", (request, response) => {
    if (request.url === "/__received") return answerReceived(request, response, received);
    const entry: ReceivedRequest = {
      method: request.method ?? "",
      url: request.url ?? "",
      rawHeaders: request.rawHeaders,
      headers: request.headers as Record<string, string>,
      body: "",
      bodyBytes: 0,
      aborted: false,
    };
    received.push(entry);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      entry.bodyBytes += chunk.length;
      if (entry.bodyBytes <= keepBytes) chunks.push(chunk);
    });
    request.on("end", () => {
      entry.body = Buffer.concat(chunks).toString();
    });
    response.on("close", () => {
      entry.aborted = !response.writableFinished;
    });
    request.on("error", () => {});
    upstream.handler(request, response, entry);
  });
  return upstream;
}

/** Answers with the request itself, once its body has arrived. */
function echo(request: IncomingMessage, response: ServerResponse, received: ReceivedRequest): void {
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(received));
  });
}

function answerReceived(request: IncomingMessage, response: ServerResponse, received: ReceivedRequest[]): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(received));
  if (request.method === "DELETE") received.length = 0;
}
