import { request } from "node:http";
import type { UpstreamHandler } from "@org/testkit/node";

const MIB = 1 << 20;
const BODY_MIB = 100;
const CHUNKS = 50;
const CHUNK_EVERY_MS = 10;
const block = Buffer.alloc(MIB);

/** The upstream: `/events` streams the time, `/download` sends a body, `/upload` swallows one, all else is 1 KB of JSON. */
export const answerBench: UpstreamHandler = (incoming, response) => {
  const { pathname } = new URL(incoming.url ?? "/", "http://upstream");
  if (pathname === "/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(`data: ${performance.now()}\n\n`);
      if (++sent === CHUNKS) {
        clearInterval(timer);
        response.end();
      }
    }, CHUNK_EVERY_MS);
  } else if (pathname === "/download") {
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": BODY_MIB * MIB });
    let left = BODY_MIB;
    const push = (): void => {
      while (left > 0) if (left-- && !response.write(block)) return void response.once("drain", push);
      response.end();
    };
    push();
  } else {
    incoming.on("end", () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(json);
    });
  }
};

const json = JSON.stringify({ text: "x".repeat(1000) });

/** Median milliseconds from the upstream's write to the caller's read, on one clock. */
export async function chunkDelay(port: number, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/events`, { headers });
  const delays: number[] = [];
  const decoder = new TextDecoder();
  for await (const bytes of response.body as ReadableStream<Uint8Array>) {
    const chunk = decoder.decode(bytes, { stream: true });
    const now = performance.now();
    for (const [, sent] of chunk.matchAll(/data: (\S+)/g)) delays.push(now - Number(sent));
  }
  return delays.sort((a, b) => a - b)[delays.length >> 1] ?? Number.NaN;
}

/** MiB per second of a body of 100 MiB. */
export async function bodySpeed(
  port: number,
  headers: Record<string, string>,
  direction: "download" | "upload",
): Promise<number> {
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const method = direction === "upload" ? "POST" : "GET";
    const outgoing = request({ port, path: `/${direction}`, method, headers, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.on("end", resolve).on("error", reject).resume();
    });
    outgoing.on("error", reject);
    let left = direction === "upload" ? BODY_MIB : 0;
    const push = (): void => {
      while (left > 0) if (left-- && !outgoing.write(block)) return void outgoing.once("drain", push);
      outgoing.end();
    };
    push();
  });
  return BODY_MIB / ((performance.now() - started) / 1000);
}
