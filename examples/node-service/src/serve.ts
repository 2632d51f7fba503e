import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Handler } from "@org/proxy-core";

/** A handler on web standards, as a listener for `node:http`. */
export function serve(handler: Handler): RequestListener {
  return async (incoming, outgoing) => {
    try {
      await send(await handler(readRequest(incoming, outgoing)), outgoing);
    } catch {
      // In the middle of an answer, only breaking it off tells the caller that it is not whole.
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500).end();
    }
  };
}

function readRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const { method = "GET", rawHeaders } = incoming;
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
  const hasBody = method !== "GET" && method !== "HEAD";
  const url = `http://${incoming.headers.host}${incoming.url}`;
  const init = {
    method,
    headers,
    signal: gone.signal,
    duplex: "half",
    body: hasBody ? Readable.toWeb(incoming) : null,
  };
  // A Request tidies its URL up; the proxy must judge it as it was sent.
  return Object.defineProperty(new Request(url, init as RequestInit), "url", { value: url });
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  // What is left of a body that was refused stays on its connection, before whatever the caller would ask next.
  if (!outgoing.req.complete) outgoing.shouldKeepAlive = false;
  outgoing.writeHead(response.status, response.statusText, [...response.headers].flat());
  outgoing.flushHeaders();
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing);
}
