import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A request as its bytes, in latin1, so that a character is a byte. */
export interface RawRequest {
  /** Request line and header lines. */
  head: string;
  /** Everything that came after the head. */
  body: string;
  line: string;
  method: string;
  target: string;
  /** Lower-case names; the last one wins. */
  headers: Record<string, string>;
  /** The connection was closed before it was answered in full. */
  isGone: boolean;
  socket: Socket;
}

export interface RawUpstream {
  url: string;
  requests: RawRequest[];
  /** Called once the head has arrived; writes the answer. */
  answer: (request: RawRequest) => void;
  close(): void;
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A TCP server that takes one request for each connection and records every byte of it. */
export async function startRawUpstream(): Promise<RawUpstream> {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes = "";
    let request: RawRequest | undefined;
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("close", () => {
      if (request) request.isGone = true;
    });
    socket.on("data", (chunk) => {
      if (request) {
        request.body += chunk;
        return;
      }
      bytes += chunk;
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      request = parse(bytes.slice(0, end), bytes.slice(end + 4), socket);
      requests.push(request);
      upstream.answer(request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: RawUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: answerOk,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return upstream;
}

export function answerOk({ socket }: RawRequest): void {
  socket.end(OK);
}

function parse(head: string, body: string, socket: Socket): RawRequest {
  const [line = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const headers = Object.fromEntries(
    lines.map((text) => [text.slice(0, text.indexOf(":")).toLowerCase(), text.slice(text.indexOf(":") + 1).trim()]),
  );
  return { head, body, line, method, target, headers, isGone: false, socket };
}

/** Send these bytes to a loopback port and read until the other side closes, or resets, the connection. Latin1 both ways. */
export function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request, "latin1"));
    let bytes = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      bytes += chunk;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => error.code !== "ECONNRESET" && reject(error));
    socket.on("close", () => resolve(bytes));
  });
}

/** Calls back once the request's body has arrived in full: by its length, or with its last chunk. */
export function whenComplete(request: RawRequest, then: () => void): void {
  const isChunked = request.headers["transfer-encoding"] === "chunked";
  const length = Number(request.headers["content-length"] ?? 0);
  const check = () => {
    if (isChunked ? !request.body.endsWith("0\r\n\r\n") : request.body.length < length) return;
    request.socket.off("data", check);
    then();
  };
  request.socket.on("data", check);
  check();
}

/** The bytes of a request that ends its connection. */
export function message(line: string, host: string, headers: readonly string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, `Host: ${host}`, ...headers, "Connection: close", "", body].join("\r\n");
}

export interface OpenRequest {
  socket: Socket;
  /** What has come back so far. */
  bytes(): string;
  /** The connection is closed. */
  ended: Promise<void>;
}

/** Send this head to a loopback port and leave the request open. */
export function openRequest(port: number, head: readonly string[]): OpenRequest {
  let bytes = "";
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    bytes += chunk;
  });
  socket.write([...head, "Host: proxy.example", "", ""].join("\r\n"), "latin1");
  return { socket, bytes: () => bytes, ended: new Promise((resolve) => socket.once("close", () => resolve())) };
}

export function statusOf(answer: string): number {
  return Number(answer.split(" ")[1]);
}

export interface ComparableMessage {
  /** Status line or request line. */
  line: string;
  /** Names in lower case, sorted; without `Connection`, which is of one hop. */
  headers: string[];
  body: string;
}

/** A message without what its way may rightly change, for comparing two ways between the same ends. */
export function comparable(bytes: string): ComparableMessage {
  const end = bytes.indexOf("\r\n\r\n");
  const [line = "", ...lines] = bytes.slice(0, end).split("\r\n");
  const headers = lines.map((text) => text.replace(/^[^:]+/, (name) => name.toLowerCase()));
  return {
    line,
    headers: headers.filter((text) => !text.startsWith("connection:")).sort(),
    body: bytes.slice(end + 4),
  };
}
