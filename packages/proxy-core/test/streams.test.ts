import { openRequest, type RawRequest } from "@org/testkit/raw-http";
import { expect, it, vi } from "vitest";
import { createStage } from "./stage.ts";

const stage = createStage();

const open = (head: readonly string[]) => openRequest(stage.workerd.port, head);

/** Resolves with the request that the upstream got, once it did. */
const arrival = () => vi.waitFor(() => stage.received(), { timeout: 2000, interval: 5 });
const isGone = (request: RawRequest) =>
  vi.waitFor(() => expect(request.isGone).toBe(true), { timeout: 1000, interval: 5 });

const HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

it("hands on each chunk of an answer before the next one exists", async () => {
  stage.upstream.answer = () => {};
  const caller = open(["GET /sse HTTP/1.1"]);
  const { socket } = await arrival();
  socket.write(HEAD);
  for (const event of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
    socket.write(chunk(event));
    await vi.waitFor(() => expect(caller.bytes()).toContain(event), { interval: 5 });
  }
  socket.write("0\r\n\r\n");
  await vi.waitFor(() => expect(caller.bytes()).toMatch(/0\r\n\r\n$/), { interval: 5 });
  caller.socket.destroy();
});

it("hands on each piece of an upload before the next one exists", async () => {
  stage.upstream.answer = () => {};
  const caller = open(["POST /upload HTTP/1.1", "Transfer-Encoding: chunked"]);
  const upload = await arrival();
  for (const piece of ["one", "two", "three"]) {
    caller.socket.write(chunk(piece));
    await vi.waitFor(() => expect(upload.body).toContain(piece), { interval: 5 });
  }
  caller.socket.destroy();
});

it("a caller who leaves before the first byte takes the upstream's request along", async () => {
  stage.upstream.answer = () => {};
  const caller = open(["GET /slow HTTP/1.1"]);
  const request = await arrival();
  caller.socket.resetAndDestroy(); // workerd notices a reset, not a plain close, while nothing has been written
  await isGone(request);
});

it("a caller who leaves in the middle of the answer takes the upstream's request along", async () => {
  stage.upstream.answer = ({ socket }) => socket.write(HEAD + chunk("data: 1\n\n"));
  const caller = open(["GET /sse HTTP/1.1"]);
  const request = await arrival();
  await vi.waitFor(() => expect(caller.bytes()).toContain("data: 1"), { interval: 5 });
  caller.socket.destroy();
  const events = setInterval(() => request.socket.write(chunk("data: 2\n\n")), 10);
  await isGone(request).finally(() => clearInterval(events));
});

it.each(["Content-Length: 1000", "Content-Length: 2000000", "Transfer-Encoding: chunked"])(
  "a caller who leaves in the middle of an upload (%s) takes the upstream's request along",
  async (length) => {
    stage.upstream.answer = () => {};
    const caller = open(["POST /upload HTTP/1.1", length]);
    caller.socket.write(chunk("some"));
    const request = await arrival();
    await vi.waitFor(() => expect(request.body).toContain("some"), { interval: 5 });
    caller.socket.destroy();
    await isGone(request);
    expect(request.body).not.toMatch(/0\r\n\r\n$/); // half an upload must not look like all of it
  },
);

it.each(["Content-Length: 2000000", "Transfer-Encoding: chunked"])(
  "an upstream that refuses an upload (%s) in the middle is heard",
  async (length) => {
    stage.upstream.answer = () => {};
    const caller = open(["POST /upload HTTP/1.1", length]);
    caller.socket.write(chunk("some"));
    const { socket } = await arrival();
    socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    await vi.waitFor(() => expect(caller.bytes()).toMatch(/^HTTP.1.1 413 .*no$/s), { interval: 5 });
    caller.socket.destroy();
  },
);

it("a request that took too long is not left behind at the upstream", async () => {
  stage.upstream.answer = () => {};
  const { bytes } = open(["GET /x HTTP/1.1", "X-Api-Key: token"]);
  const request = await arrival();
  await vi.waitFor(() => expect(bytes()).toContain("504"), { timeout: 10_000, interval: 20 });
  await isGone(request);
});

it("an upstream that dies in the middle leaves an answer without an end", async () => {
  stage.upstream.answer = ({ socket }) => socket.write(HEAD + chunk("data: 1\n\n"));
  const caller = open(["GET /sse HTTP/1.1"]);
  const request = await arrival();
  await vi.waitFor(() => expect(caller.bytes()).toContain("data: 1"), { interval: 5 });
  request.socket.resetAndDestroy();
  await caller.ended;
  expect(caller.bytes()).not.toMatch(/0\r\n\r\n$/);
});
