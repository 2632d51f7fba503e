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

/** Send these bytes to a loopback port and read until the other side closes. Latin1 both ways. */
export function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request, "latin1"));
    let bytes = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      bytes += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(bytes));
  });
}
