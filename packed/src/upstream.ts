import { createServer, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { listen } from "@org/testkit/node";
import { encoded } from "../../packages/proxy-core/test/encoded.ts";

/** The server that proxy-core's checks forward to: it answers with what it got, compressed. */
export const startEchoingUpstream = (): ReturnType<typeof listen> =>
  listen(
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (request.url === "/base/silent") return;
        const { method, url = "", headers } = request;
        if (url.startsWith("/base/coded/")) return answerEncoded(response, decodeURIComponent(url.slice(12)));
        const body = gzipSync(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
        response.writeHead(url === "/base/moved" ? 302 : 200, {
          "content-type": "application/json",
          "content-encoding": "gzip",
          location: "https://other.example/",
          "x-leak": headers["x-api-key"],
        });
        response.end(body);
      });
    }),
  );

/** The header `x-length` tells the length that was sent. */
function answerEncoded(response: ServerResponse, coding: string): void {
  const body = encoded(coding);
  const { length } = body;
  response.writeHead(200, { "content-encoding": coding, "content-length": length, "x-length": length }).end(body);
}
