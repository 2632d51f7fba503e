import { createServer, type IncomingMessage } from "node:http";
import { type Listening, listen } from "./listen.ts";

/** Serves a function of the web's kind on a loopback port; of a request it sees all but the body. Default: any free port. */
export async function serve(answer: (request: Request) => Promise<Response>, port?: number): Promise<Listening> {
  const server = createServer();
  const listening = await listen(server, port);
  server.on("request", async (request, response) => {
    const answered = await answer(readRequest(request, listening.url)).catch(() => undefined);
    if (!answered) return response.destroy();
    const body = new Uint8Array(await answered.arrayBuffer());
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(body);
  });
  return listening;
}

function readRequest({ url = "/", method, headers }: IncomingMessage, origin: string): Request {
  const { authorization } = headers;
  return new Request(`${origin}${url}`, { method: method ?? "GET", headers: authorization ? { authorization } : {} });
}
