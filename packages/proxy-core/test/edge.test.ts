import { brotliCompressSync, gzipSync } from "node:zlib";
import { answerWith } from "@org/testkit/http-cases";
import { statusOf } from "@org/testkit/raw-http";
import { describe, expect, it } from "vitest";
import { createStage } from "./stage.ts";

const KEY = "sk-the-real-key";
const stage = createStage({ cors: ["off"], hasEdge: true });

describe("the edge is told not to answer from its cache", () => {
  it.each<[string, string[], string]>([
    ["GET /logo.png?v=1", [], ""],
    ["GET /search", ["Content-Length: 2"], "{}"],
    ["HEAD /app.js", [], ""],
    ["POST /v1/messages", ["Content-Length: 2"], "{}"],
    ["POST /v1/messages", ["Content-Length: 2000000"], "x".repeat(2_000_000)],
    ["GET /socket", ["Upgrade: h2c", "Cache-Control: max-age=9"], ""],
  ])("%s %j, without another header", async (line, headers, body) => {
    const callersOwn = 'CF-Blob: {"colo":"AMS","cacheEverything":true}'; // what the edge tells a worker of its caller
    await stage.send(line, [...headers, callersOwn], body);
    const proxied = stage.received();
    stage.upstream.requests.length = 0;
    await stage.sendDirectly(line.replace(" /", " /base/"), [`x-api-key: ${KEY}`, ...headers], body);
    const { "cf-blob": cf, ...others } = proxied.headers;
    expect(JSON.parse(cf ?? "null")).toEqual({ cacheTtl: -1, cacheControl: "no-store" }); // the latter for the edge only
    expect(Object.keys(others).sort()).toEqual(
      Object.keys(stage.received().headers)
        .filter((name) => name !== "connection" && name !== "upgrade")
        .sort(),
    );
  });
});

describe("an answer that the edge made for a dead upstream", () => {
  const compressed = gzipSync('{"status":521,"cloudflare_error":true}').toString("latin1");
  const problem = JSON.stringify({ status: 522, error_code: 522, cloudflare_error: true, retryable: true });

  it.each<[string, string[], string, number, string]>([
    ["521", ["Content-Type: application/json", "Content-Encoding: gzip"], compressed, 502, "upstream_unreachable"],
    ["521", ["Content-Type: text/plain; charset=UTF-8"], "error code: 521", 502, "upstream_unreachable"],
    ["522", ["Content-Type: application/json; charset=utf-8", "Retry-After: 120"], problem, 504, "upstream_timeout"],
    ["524", ["Content-Type: text/html", "CF-Error-Type: 52x"], "<!DOCTYPE html>", 504, "upstream_timeout"],
    ["530", ["Content-Type: text/plain; charset=UTF-8"], "error code: 1016", 502, "upstream_unreachable"],
  ])("is one of ours: %s %j", async (edgeStatus, headers, body, status, code) => {
    const head = [`HTTP/1.1 ${edgeStatus} `, "Server: cloudflare", `Content-Length: ${body.length}`, ...headers];
    stage.upstream.answer = answerWith(head, Buffer.from(body, "latin1"));
    const answer = await stage.send("POST /v1/messages", ["Content-Length: 2"], "{}");
    expect(statusOf(answer)).toBe(status);
    expect(answer).toContain(`x-oidc-proxy-error: ${code}`);
    expect(answer).not.toContain("cloudflare");
  });

  it.each<[string, string[], string]>([
    ["another server's", ["Server: nginx", "Content-Length: 15"], "error code: 521"],
    ["another text", ["Server: cloudflare", "Content-Length: 16"], "error code: 521!"],
    ["JSON of its own", ["Server: cloudflare", "Content-Length: 16"], '{"error":"busy"}'],
    ["no length", ["Server: cloudflare", "Connection: close"], "error code: 521"],
    ["what is not compressed as it says", ["Server: cloudflare", "Content-Encoding: gzip", "Content-Length: 3"], "abc"],
    [
      "compressed JSON of its own",
      ["Server: cloudflare", "Content-Encoding: gzip", "Content-Type: application/json", "Connection: close"],
      gzipSync('{"error":"busy"}').toString("latin1"),
    ],
    [
      "compressed JSON without an end in sight",
      ["Server: cloudflare", "Content-Encoding: br", "Content-Type: application/json", "Connection: close"],
      brotliCompressSync(" ".repeat(50_000_000)).toString("latin1"),
    ],
  ])("may be the upstream's own, and then passes byte by byte: %s", async (_, headers, body) => {
    stage.upstream.answer = answerWith(["HTTP/1.1 521 Odd", ...headers], Buffer.from(body, "latin1"));
    const answer = await stage.send("GET /", ["Accept-Encoding: gzip"]);
    expect(statusOf(answer)).toBe(521);
    expect(answer).not.toContain("x-oidc-proxy-error");
    expect(answer.slice(answer.indexOf("\r\n\r\n") + 4)).toContain(body);
  });

  it("that never ends is one that came too late", async () => {
    stage.upstream.answer = ({ socket }) =>
      socket.write("HTTP/1.1 521 Odd\r\nServer: cloudflare\r\nContent-Length: 15\r\n\r\nerror");
    expect(await stage.send("GET /")).toContain("x-oidc-proxy-error: upstream_timeout");
  });
});
