import { answers, answerWith, methods } from "@org/testkit/http-cases";
import { comparable, statusOf } from "@org/testkit/raw-http";
import { describe, expect, it } from "vitest";
import { createStage } from "./stage.ts";

const KEY = "sk-the-real-key";
const stage = createStage({ cors: ["off"] });

describe("an answer through the proxy is the upstream's own", () => {
  it.each(answers)("%s", async (_, line, [head, body]) => {
    stage.upstream.answer = answerWith(head, body);
    const direct = comparable(await stage.sendDirectly(line));
    expect(comparable(await stage.send(line))).toEqual(direct);
  });

  it("early hints and trailers are left out, and break nothing", async () => {
    const early = ["HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload", ""];
    const head = [...early, "HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-Sum"];
    stage.upstream.answer = answerWith(head, "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n");
    expect(comparable(await stage.send("GET /"))).toEqual({
      line: "HTTP/1.1 200 OK",
      headers: ["transfer-encoding: chunked"],
      body: "2\r\nhi\r\n0\r\n\r\n",
    });
  });

  it("but for what belongs to the upstream's connection or origin, CORS, cookies, and headers that repeat the key", async () => {
    stage.upstream.answer = answerWith([
      `HTTP/1.1 200 ${KEY}`,
      "Content-Length: 0",
      "Connection: X-Named",
      "X-Named: 1",
      "Keep-Alive: timeout=5",
      "Proxy-Authenticate: Basic",
      "Access-Control-Allow-Origin: https://evil.example",
      "Access-Control-Allow-Credentials: true",
      `X-Debug: got Bearer ${KEY}!`,
      `Set-Cookie: key=${KEY}`,
      "Set-Cookie: fine=1",
      "Strict-Transport-Security: max-age=1",
      'Alt-Svc: h3=":443"',
      `Location: ${stage.upstream.url}/base/x?key=${KEY}`,
    ]);
    const answer = await stage.send("GET /");
    expect(comparable(answer).headers).toEqual(["content-length: 0"]);
    expect(answer).not.toContain(KEY);
    expect(stage.workerd.log.map((line) => JSON.parse(line).header).sort()).toEqual([
      "location",
      "set-cookie",
      "x-debug",
    ]);
  });
});

describe("a redirect", () => {
  it.each([
    ["to the base path", "/base/next?x=%2F#f", "http://proxy.example/next?x=%2F#f"],
    ["to the base path itself", "/base", "http://proxy.example"],
    ["to another path", "/elsewhere", null],
    ["to a path that only begins alike", "/base2/x", null],
    ["out of the base path by dots", "/base/../secret", null],
  ])("%s of the upstream", async (_, path, rewritten) => {
    const location = stage.upstream.url + path;
    stage.upstream.answer = answerWith(["HTTP/1.1 307 Go", "Content-Length: 0", `Location: ${location}`]);
    const { headers } = comparable(await stage.send("POST /", ["Content-Length: 0"]));
    expect(headers).toContain(`location: ${rewritten ?? location}`);
    expect(stage.upstream.requests).toHaveLength(1);
  });

  it.each([
    ["/base/next", "/next"],
    ["next", "next"],
    ["?page=2", "?page=2"],
    ["/elsewhere", "/elsewhere"],
    ["//evil.example/base/x", "//evil.example/base/x"],
    ["http://user@evil.example/base/x", "http://user@evil.example/base/x"],
  ])("without an address of its own: %s", async (location, rewritten) => {
    stage.upstream.answer = answerWith(["HTTP/1.1 302 Found", "Content-Length: 0", `Location: ${location}`]);
    expect(comparable(await stage.send("GET /")).headers).toContain(`location: ${rewritten}`);
  });
});

describe("a request through the proxy is the caller's own", () => {
  it.each(methods)("%s", async (method) => {
    const answer = await stage.send(`${method} /x`, ["Content-Length: 5"], "hello");
    if (statusOf(answer) === 501) return; // workerd's own parser does not know the method
    expect(stage.received().method).toBe(method);
    expect(stage.received().headers["content-length"]).toBe("5");
    expect(stage.received().body).toBe("hello");
  });

  // A CONNECT does not get as far as any code of ours.
  it.each(["TRACE", "TRACK"])("but %s is refused", async (method) => {
    expect(statusOf(await stage.send(`${method} /x`))).toBeOneOf([405, 501]); // the second by workerd's own parser
    expect(stage.upstream.requests).toEqual([]);
  });

  it("with a body that does not say how long it is", async () => {
    await stage.send("POST /x", ["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n");
    expect(stage.received().headers["transfer-encoding"]).toBe("chunked");
  });

  it("with its headers, repeated ones apart", async () => {
    const headers = ["ACCEPT: a/b", "x-Rep: 1", "X-REP: 2", "anthropic-version: 2023-06-01", "Range: bytes=0-1"];
    const direct = await lines(() => stage.sendDirectly("GET /base/x", [...headers, `x-api-key: ${KEY}`]));
    expect(await lines(() => stage.send("GET /x", headers))).toEqual(direct);
  });

  /** What the upstream gets to read of the headers, names without case. */
  async function lines(ask: () => Promise<string>): Promise<string[]> {
    stage.upstream.requests.length = 0;
    await ask();
    const [, ...received] = stage.received().head.split("\r\n");
    return received
      .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
      .filter((line) => !/^(?:host|connection):/.test(line))
      .sort();
  }
});
