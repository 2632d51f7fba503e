import { type OpenRequest, openRequest, type RawRequest } from "@org/testkit/raw-http";
import { expect, it, vi } from "vitest";
import { createStage } from "./stage.ts";

const stage = createStage({ UPSTREAM_TIMEOUT_SECONDS: "1" });

const open = (line: string, ...headers: string[]) =>
  openRequest(stage.worker.port, [`${line} HTTP/1.1`, `x-api-key: ${stage.token}`, ...headers]);

const arrival = () => vi.waitFor(() => stage.received(), { timeout: 10_000, interval: 5 });
const isHeard = (caller: OpenRequest, text: string) =>
  vi.waitFor(() => expect(caller.bytes()).toContain(text), { timeout: 10_000, interval: 5 });
/** Within the second that is promised. */
const isGone = (request: RawRequest) =>
  vi.waitFor(() => expect(request.isGone).toBe(true), { timeout: 1000, interval: 5 });

const HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const beginEvents: typeof stage.upstream.answer = ({ socket }) => socket.write(HEAD + chunk("data: 1\n\n"));

it("chunks pass both ways before the next ones exist", async () => {
  stage.upstream.answer = () => {};
  const caller = open("POST /duplex", "Transfer-Encoding: chunked");
  const request = await arrival();
  for (const piece of ["one", "two", "three"]) {
    caller.socket.write(chunk(piece));
    await vi.waitFor(() => expect(request.body).toContain(piece), { timeout: 10_000, interval: 5 });
  }
  request.socket.write(HEAD);
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    request.socket.write(chunk(event));
    await isHeard(caller, event);
  }
  caller.socket.destroy();
});

it.each(["Content-Length: 1000", "Content-Length: 2000000", "Transfer-Encoding: chunked"])(
  "a caller who leaves in the middle of an upload (%s) takes the upstream's request along",
  async (length) => {
    stage.upstream.answer = () => {};
    const caller = open("POST /upload", length);
    caller.socket.write(chunk("some"));
    const request = await arrival();
    await vi.waitFor(() => expect(request.body).toContain("some"), { timeout: 10_000, interval: 5 });
    caller.socket.destroy();
    await isGone(request);
    expect(request.body).not.toMatch(/0\r\n\r\n$/); // half an upload must not look like all of it
  },
);

it("a caller who leaves before the first byte takes the upstream's request along", async () => {
  stage.upstream.answer = () => {};
  const caller = open("POST /slow", "Content-Length: 0");
  const request = await arrival();
  caller.socket.resetAndDestroy(); // workerd notices a reset, not a plain close, while nothing has been written
  await isGone(request);
});

it("a caller who leaves in the middle of the answer takes the upstream's request along", async () => {
  stage.upstream.answer = beginEvents;
  const caller = open("GET /sse");
  const request = await arrival();
  await isHeard(caller, "data: 1");
  caller.socket.destroy();
  const events = setInterval(() => request.socket.write(chunk("data: 2\n\n")), 10);
  await isGone(request).finally(() => clearInterval(events));
});

it.each<[string, string, (upstream: RawRequest) => void]>([
  ["breaks the connection", HEAD + chunk("data: 1\n\n"), ({ socket }) => socket.resetAndDestroy()],
  ["ends it between chunks", HEAD + chunk("data: 1\n\n"), ({ socket }) => socket.end()],
  [
    "ends it before the promised length",
    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ndata: 1",
    ({ socket }) => socket.end(),
  ],
])("an upstream that %s leaves an answer that is visibly broken", async (_, beginning, die) => {
  stage.upstream.answer = ({ socket }) => socket.write(beginning);
  const caller = open("GET /sse");
  const request = await arrival();
  await isHeard(caller, "data: 1");
  die(request);
  await caller.ended;
  const [head = "", body = ""] = caller.bytes().split("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) expect(body).not.toMatch(/0\r\n\r\n$/);
  else expect(body.length).toBeLessThan(Number(length));
});

it("an upstream that keeps silent is given up, and not left with the request", async () => {
  stage.upstream.answer = () => {};
  const caller = open("GET /x");
  const request = await arrival();
  await isHeard(caller, '{"error":"Upstream timeout"}');
  expect(caller.bytes()).toMatch(/^HTTP\/1.1 504 .*x-oidc-proxy-error: upstream_timeout\r\n/is);
  await isGone(request);
  caller.socket.destroy();
});

it("an upstream that is gone is told as such", async () => {
  stage.upstream.answer = ({ socket }) => socket.resetAndDestroy();
  expect(await stage.send("GET /x")).toMatch(/^HTTP\/1.1 502 .*x-oidc-proxy-error: upstream_unreachable\r\n/is);
});

it("a stream that flows outlives the time to the first byte", async () => {
  stage.upstream.answer = beginEvents;
  const caller = open("GET /sse");
  const { socket } = await arrival();
  await isHeard(caller, "data: 1");
  stage.upstream.answer = () => {};
  expect(await stage.send("GET /silent")).toContain("504"); // so the time is over for whoever came before
  socket.end(`${chunk("data: 2\n\n")}0\r\n\r\n`);
  await isHeard(caller, "0\r\n\r\n");
  caller.socket.destroy();
});
