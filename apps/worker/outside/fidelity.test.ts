import { answers, answerWith, escapingTargets, faithfulTargets, methods } from "@org/testkit/http-cases";
import { statusOf, whenComplete } from "@org/testkit/raw-http";
import { describe, expect, it } from "vitest";
import { createStage } from "./stage.ts";

const stage = createStage();

const okOnceComplete: typeof stage.upstream.answer = (request) =>
  whenComplete(request, () => answerWith(["HTTP/1.1 200 OK", "Content-Length: 0"])(request));

/** Both ends see what they would see without the worker. */
async function expectFaithful(line: string, headers?: readonly string[], body?: string): Promise<void> {
  const { proxied, direct } = await stage.bothWays(line, headers, body);
  expect(proxied).toEqual(direct);
}

describe("an answer", () => {
  it.each(answers)("%s", async (_, line, [head, body]) => {
    stage.upstream.answer = answerWith(head, body);
    await expectFaithful(line);
  });

  it.each([400, 403, 404, 408, 409, 413, 422, 429, 500, 501, 502, 503, 504, 529])(
    "%i, and when to ask again",
    async (status) => {
      const headers = ["Retry-After: 7", "request-id: req_011", "x-request-id: 5", "x-should-retry: true"];
      stage.upstream.answer = answerWith([`HTTP/1.1 ${status} No`, "Content-Length: 4", ...headers], "busy");
      await expectFaithful("POST /v1/messages", ["Content-Length: 0"]);
    },
  );

  it("of bytes that are no text, chunk by chunk", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const body = Buffer.concat([Buffer.from("100\r\n"), bytes, Buffer.from("\r\n0\r\n\r\n")]);
    stage.upstream.answer = answerWith(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], body);
    await expectFaithful("GET /bytes");
  });

  it("after early hints, and with trailers, is whole without them", async () => {
    const early = ["HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload", ""];
    const head = [...early, "HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-Sum"];
    stage.upstream.answer = answerWith(head, "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n");
    const { proxied } = await stage.bothWays("GET /");
    expect(proxied.answer).toEqual({
      line: "HTTP/1.1 200 OK",
      headers: ["transfer-encoding: chunked"],
      body: "2\r\nhi\r\n0\r\n\r\n",
    });
  });
});

describe("a request", () => {
  it.each([...methods, "MKCOL", "REPORT", "LOCK", "SEARCH", "SUBSCRIBE"])("%s with a body", async (method) => {
    stage.upstream.answer = okOnceComplete;
    await expectFaithful(`${method} /x`, ["Content-Length: 5", "Content-Type: text/plain"], "hello");
  });

  it.each(methods)("%s without a body", async (method) => {
    stage.upstream.answer = okOnceComplete;
    await expectFaithful(`${method} /x`);
  });

  it("with a method that the runtime does not know goes nowhere", async () => {
    expect(statusOf(await stage.send("BREW /pot"))).toBe(501);
    expect(stage.upstream.requests).toEqual([]);
  });

  it.each(faithfulTargets)("to %s", (_, target) => expectFaithful(`GET ${target}`));

  it.each(escapingTargets)("to %s goes nowhere", async (_, target) => {
    expect(statusOf(await stage.send(`GET ${target}`))).toBe(404);
    expect(stage.upstream.requests).toEqual([]);
  });

  it("with names in any case, repeated headers, and ranges", () =>
    expectFaithful("GET /x", [
      "ACCEPT: a/b",
      "x-Rep: 1",
      "X-REP: 2",
      "anthropic-version: 2023-06-01",
      "anthropic-beta: a-1",
      "anthropic-beta: b-2",
      "Accept-Encoding: gzip, br, zstd, x-new",
      "Range: bytes=0-1",
      'If-None-Match: "a"',
      "User-Agent: sdk/1.2 (x; y)",
    ]));

  it.each([
    ["in chunks", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n", "hello world"],
    ["in chunks with trailers", ["Transfer-Encoding: chunked"], "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n", "hi"],
    ["of no chunks", ["Transfer-Encoding: chunked"], "0\r\n\r\n", ""],
  ])("with a body that does not say how long it is, %s", async (_, headers, body, content) => {
    stage.upstream.answer = okOnceComplete;
    expect(statusOf(await stage.send("POST /upload", headers, body))).toBe(200);
    const received = stage.received();
    expect(received.headers).not.toHaveProperty("content-length");
    expect(received.headers).not.toHaveProperty("trailer");
    expect(received.headers["transfer-encoding"]).toBe("chunked");
    expect(dechunk(received.body)).toBe(content);
  });
});

/** Where one chunk ends and the next begins may change on the way. */
function dechunk(body: string): string {
  let content = "";
  for (let rest = body; ; ) {
    const [, size = ""] = /^([\da-f]+)\r\n/i.exec(rest) ?? [];
    const length = Number.parseInt(size, 16);
    if (length === 0) return content;
    expect(length).toBeGreaterThan(0);
    content += rest.slice(size.length + 2, size.length + 2 + length);
    rest = rest.slice(size.length + 2 + length + 2);
  }
}
