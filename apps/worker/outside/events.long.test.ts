import { openRequest } from "@org/testkit/raw-http";
import { expect, it, vi } from "vitest";
import { createStage } from "./stage.ts";

const stage = createStage({ UPSTREAM_TIMEOUT_SECONDS: "5" });

const MINUTE_MS = 60_000;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const patience = { timeout: 30_000, interval: 5 };

it("a minute of events arrives one by one, each before the next one exists", async () => {
  stage.upstream.answer = () => {};
  const caller = openRequest(stage.worker.port, ["GET /sse HTTP/1.1", `x-api-key: ${stage.token}`]);
  const { socket } = await vi.waitFor(() => stage.received(), patience);
  const head = [
    "HTTP/1.1 200 OK",
    "Content-Type: text/event-stream",
    "Connection: close",
    "Transfer-Encoding: chunked",
  ];
  socket.write([...head, "", ""].join("\r\n"));
  const started = performance.now();
  const delays: number[] = [];
  for (let id = 1; performance.now() - started < MINUTE_MS; id++) {
    const event = `id: ${id}\ndata: {"delta":"word"}\n\n`;
    const sent = performance.now();
    socket.write(chunk(event));
    await vi.waitFor(() => expect(caller.bytes().endsWith(`${event}\r\n`)).toBe(true), patience);
    delays.push(performance.now() - sent);
    // A silence that is longer than the time to the first byte, now and then a burst.
    const pauseMs = id % 100 === 0 ? 6000 : id % 10 === 0 ? 1000 : 0;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  socket.end("0\r\n\r\n");
  await caller.ended;
  expect(caller.bytes()).toMatch(/\r\n0\r\n\r\n$/);
  const median = delays.sort((a, b) => a - b)[delays.length >> 1] ?? 0;
  console.log(`${delays.length} events, median delay ${median.toFixed(1)} ms, longest ${delays.at(-1)?.toFixed(1)} ms`);
});
