import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import { listen } from "@org/testkit/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendEvents } from "./llm-upstream.ts";
import { workerdOf } from "./processes.ts";
import type { Stage } from "./stage.ts";
import { startTestStage } from "./test-stage.ts";

const MEBIBYTE = 1 << 20;

let stage: Stage;
beforeAll(async () => {
  stage = await startTestStage({ RATE_LIMIT_PER_SECOND: "1000", MAX_REQUESTS_PER_TOKEN: "1000" });
});
afterAll(() => stage?.close());

/** Send a request with a good token; the answer's bytes are as they came, compressed ones too. */
async function send(path: string, body?: AsyncIterable<Buffer>): Promise<IncomingMessage> {
  const headers = { "x-api-key": await stage.mint() };
  const outgoing = request(`${stage.worker.url}${path}`, { method: body ? "POST" : "GET", headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on("response", resolve).on("error", reject);
  });
  if (body) await pipeline(body, outgoing);
  else outgoing.end();
  return answered;
}

async function readAll(answer: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(answer));
}

/** Let the upstream answer like this. */
function answerWith(handler: (response: ServerResponse, request: IncomingMessage) => void): void {
  stage.upstream.handler = (request, response) => handler(response, request);
}

it("passes a kilobyte of JSON byte for byte", async () => {
  const sent = Buffer.from(JSON.stringify({ text: `${"ä€😀\u0000 ".repeat(90)}` }));
  answerWith((response) => response.writeHead(200, { "content-type": "application/json" }).end(sent));
  const answer = await send("/json");
  expect((await readAll(answer)).equals(sent)).toBe(true);
  expect(answer.headers["content-type"]).toBe("application/json");
});

it("passes each server-sent event on before the upstream sends the next", async () => {
  // The upstream waits for each chunk to have arrived: a proxy that buffered would wait for ever.
  const chunks = Array.from({ length: 10 }, (_, index) => `event: delta\ndata: {"index":${index}}\n\n`);
  const upstream = Promise.withResolvers<ServerResponse>();
  answerWith((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    upstream.resolve(response);
  });
  const answer = await send("/events");
  expect(answer.headers["content-type"]).toBe("text/event-stream");
  const arriving = answer.setEncoding("utf8")[Symbol.asyncIterator]();
  const response = await upstream.promise;
  for (const chunk of chunks) {
    response.write(chunk);
    expect(await arriving.next()).toEqual({ done: false, value: chunk });
  }
  response.end();
  expect(await arriving.next()).toMatchObject({ done: true });
});

it("passes a chunk each 200 ms as it was sent", async () => {
  const chunks = Array.from({ length: 6 }, (_, index) => `data: ${index}\n\n`);
  answerWith((response) => void sendEvents(response, chunks, 200));
  const arrived = await Array.fromAsync((await send("/slow-events")).setEncoding("utf8"));
  expect(arrived.join("")).toBe(chunks.join(""));
  expect(arrived.length).toBeGreaterThan(1); // a busy machine may deliver two at once
});

it("passes gzip through compressed", async () => {
  const sent = gzipSync(JSON.stringify({ text: "again ".repeat(1000) }));
  const headers = { "content-type": "application/json", "content-encoding": "gzip", "content-length": sent.length };
  answerWith((response) => response.writeHead(200, headers).end(sent));
  const answer = await send("/gzip");
  expect(answer.headers["content-encoding"]).toBe("gzip");
  expect(answer.headers["content-length"]).toBe(`${sent.length}`);
  expect((await readAll(answer)).equals(sent)).toBe(true);
});

it("passes a redirect to another host on, and does not follow it", async () => {
  let visits = 0;
  const elsewhere = await listen(createServer((_request, response) => response.end(`${visits++}`)));
  const location = `${elsewhere.url}/file?a=b`;
  answerWith((response) => response.writeHead(302, { location }).end("moved"));
  const answer = await send("/redirect");
  expect(answer.statusCode).toBe(302);
  expect(answer.headers.location).toBe(location);
  expect((await readAll(answer)).toString()).toBe("moved");
  expect(visits).toBe(0);
  await elsewhere.close();
});

describe("100 MiB", () => {
  const block = randomBytes(MEBIBYTE);
  const blocks = async function* (count: number) {
    for (let sent = 0; sent < count; sent++) yield block;
  };
  const digest = async (body: AsyncIterable<Buffer>) => {
    const hash = createHash("sha256");
    for await (const chunk of body) hash.update(chunk);
    return hash.digest("hex");
  };

  /** Run it, and measure by how much workerd's memory grew at most. */
  async function growth(work: () => Promise<unknown>): Promise<number> {
    const rss = () => workerdOf(stage.worker.groupId).reduce((sum, { rssBytes }) => sum + rssBytes, 0);
    const before = rss();
    expect(before).toBeGreaterThan(0);
    let most = before;
    const timer = setInterval(() => {
      most = Math.max(most, rss());
    }, 50);
    await work().finally(() => clearInterval(timer));
    return most - before;
  }

  it("downloaded leave the worker's memory flat", async () => {
    answerWith((response, request) => {
      const count = Number(request.url?.slice(1));
      void pipeline(blocks(count), response);
    });
    await digest(await send("/20")); // what the first big transfer allocates is not growth
    const expected = await digest(blocks(100));
    const grown = await growth(async () => expect(await digest(await send("/100"))).toBe(expected));
    expect(grown).toBeLessThan(64 * MEBIBYTE);
  });

  it("uploaded leave the worker's memory flat", async () => {
    answerWith(async (response, request) => response.end(await digest(request)));
    await readAll(await send("/", blocks(20)));
    const expected = await digest(blocks(100));
    const grown = await growth(async () =>
      expect((await readAll(await send("/", blocks(100)))).toString()).toBe(expected),
    );
    expect(grown).toBeLessThan(64 * MEBIBYTE);
  });
});
