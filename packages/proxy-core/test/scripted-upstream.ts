import { startUpstream } from "@org/testkit/node";
import { encoded } from "./encoded.ts";

/** What an upstream may do, by path; everything else is echoed. */
export async function startScriptedUpstream(): Promise<{ url: string; close(): Promise<void> }> {
  const upstream = await startUpstream({ keepBytes: 1 << 20 });
  const echo = upstream.handler;
  upstream.handler = (request, response, received) => {
    const path = request.url?.replace(/^\/base/, "") ?? "";
    const status = /^\/status\/(\d+)$/.exec(path)?.[1];
    if (status !== undefined) return response.writeHead(Number(status)).end();
    const coding = /^\/coded\/(.*)$/.exec(decodeURIComponent(path))?.[1];
    if (coding !== undefined) {
      const body = encoded(coding);
      const { length } = body;
      response.writeHead(200, {
        "content-encoding": coding,
        "content-length": length,
        "x-length": length,
        "content-digest": "x",
      });
      return response.end(body);
    }
    switch (path) {
      case "/redirect":
        return response.writeHead(302, { location: `${upstream.url}/base/next` }).end();
      case "/silence":
        return;
      case "/broken/":
        return request.socket.destroy();
      case "/cookies":
        return response.writeHead(200, { "set-cookie": ["a=1; Path=/", "b=2, c"] }).end();
      case "/count":
        return request.on("end", () => response.end(String(received.bodyBytes)));
      default:
        return echo(request, response, received);
    }
  };
  upstream.unref();
  return upstream;
}
