import { headerNames, surroundings } from "@org/testkit/http-cases";
import { answerOk, exchange, statusOf } from "@org/testkit/raw-http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStage } from "./stage.ts";

const KEY = "sk-the-real-key";
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";
const OTHER = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIyIn0.b3RoZXI";
const PASSWORD = btoa(`user:${TOKEN}`).replace(/=+$/, "");

const stage = createStage();

describe("no credential of the caller goes upstream", () => {
  it.each([
    ["x-api-key", [`X-API-Key: ${TOKEN}`]],
    ["a bearer", [`Authorization: Bearer ${TOKEN}`]],
    ["a bearer in other case and blanks", [`authorization: bEaReR   ${TOKEN}  `]],
    ["basic", [`Authorization: Basic ${TOKEN}`]],
    ["a password", [`Authorization: Basic ${PASSWORD}==`]],
    ["a copy of a password", [`Authorization: basic ${PASSWORD}==`, `X-Copy: ${TOKEN}`, `X-A: "${PASSWORD}"`]],
    ["a password beside what wins", [`x-api-key: ${OTHER}`, `Authorization: Basic ${PASSWORD}`, `X-Copy: ${TOKEN}`]],
    ["behind token", [`Authorization: token ${TOKEN}`, `X-Copy: ${TOKEN}`]],
    ["api-key", [`Api-Key: ${TOKEN}`]],
    ["x-goog-api-key", [`X-Goog-Api-Key: ${TOKEN}`]],
    ["proxy-authorization", [`Proxy-Authorization: Bearer ${TOKEN}`]],
    ["several that differ", [`x-api-key: ${OTHER}`, `authorization: Bearer ${TOKEN}`, `api-key: ${TOKEN}`]],
    ["one that is sent twice", [`x-api-key: ${TOKEN}`, `x-api-key: ${TOKEN}`]],
    ["two in one header", [`x-api-key: ${TOKEN}`, `x-api-key: ${OTHER}`]],
    ["a cookie", [`Cookie: session=${TOKEN}`]],
    ["a copy in another header", [`x-api-key: ${TOKEN}`, `X-Copy: token="${TOKEN}"`]],
    ["a copy of the unused one", [`x-api-key: ${OTHER}`, `authorization: Bearer ${TOKEN}`, `X-Copy: ${TOKEN}`]],
    ["a header's name", [`x-api-key: ${TOKEN}`, `X-${TOKEN}: 1`]],
    ["a header that Connection names", [`x-api-key: ${TOKEN}`, "Connection: x-api-key, x-a", `X-A: ${TOKEN}`]],
  ])("%s", async (_, headers) => {
    expect(statusOf(await stage.send("GET /x", headers))).toBe(200);
    const { head } = stage.received();
    expect(head).not.toContain(TOKEN);
    expect(head).not.toContain(OTHER);
    expect(head).not.toContain(PASSWORD);
    expect(head.match(/^x-api-key: .*$/gim)).toEqual([`x-api-key: ${KEY}`]);
    expect(head).not.toMatch(/^(?:authorization|api-key|x-goog-api-key|proxy-authorization|cookie|x-copy|x-a):/im);
  });

  it.each(["/x?key=", "/x/"])("not even in the target: %s is refused", async (target) => {
    expect(statusOf(await stage.send(`GET ${target}${TOKEN}`, [`x-api-key: ${TOKEN}`]))).toBe(404);
    expect(stage.upstream.requests).toEqual([]);
  });

  it("whatever surrounds it", async () => {
    const name = fc.constantFrom(...headerNames);
    const around = fc.constantFrom(...surroundings);
    const value = fc.tuple(around, around, fc.constantFrom(TOKEN, "plain", "X-Any"), around);
    const header = fc.tuple(name, value).map(([name, parts]) => `${name}: ${parts.join("")}`);
    const credentials = [`Bearer ${TOKEN}`, `Basic ${PASSWORD}`].map((credential) => `Authorization: ${credential}`);
    const carrier = fc.constantFrom(`x-api-key: ${TOKEN}`, `api-key: ${TOKEN}`, ...credentials);
    const request = fc.tuple(fc.array(header, { maxLength: 6 }), carrier, fc.array(header, { maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(request, async ([before, carrier, after]) => {
        stage.upstream.requests.length = 0;
        const answer = await stage.send("GET /x", [...before, carrier, ...after]);
        expect(answer).not.toContain(KEY);
        for (const { head } of stage.upstream.requests) {
          expect(head).not.toContain(TOKEN);
          expect(head).toMatch(new RegExp(`^x-api-key: ${KEY}$`, "m"));
          expect(head).not.toMatch(/^(?:authorization|api-key|cookie|forwarded|x-real-ip|true-client-ip|cf-|x-forw)/im);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("nor what tells where the caller came from", async () => {
    const headers = [
      "CF-Ray: 1",
      "cf-connecting-ip: 1",
      "X-Forwarded-For: 1",
      "Forwarded: for=1",
      "X-Real-IP: 1",
      "True-Client-IP: 1",
    ];
    await stage.send("GET /x", headers);
    expect(Object.keys(stage.received().headers)).toEqual(["host", "x-api-key"]);
  });
});

describe("the key never reaches the caller", () => {
  it("wherever in its head the upstream repeats it", async () => {
    const name = fc.constantFrom(
      "X-Echo",
      "Location",
      "Set-Cookie",
      "WWW-Authenticate",
      "Link",
      "Content-Type",
      "ETag",
      "Vary",
    );
    const around = fc.stringMatching(/^[ -~]{0,8}$/);
    const header = fc.tuple(name, around, around).map(([name, before, after]) => `${name}: ${before}${KEY}${after}`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(header, { maxLength: 5 }),
        fc.constantFrom(200, 302, 401, 500),
        async (headers, status) => {
          stage.upstream.answer = ({ socket }) =>
            socket.end([`HTTP/1.1 ${status} ${KEY}`, ...headers, "Content-Length: 2", "", "ok"].join("\r\n"));
          expect(await stage.send("GET /x")).not.toContain(KEY);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("when the upstream redirects in a loop, or to another host", async () => {
    for (const location of [`${stage.upstream.url}/base/x`, "/base/x", "https://evil.example/"]) {
      stage.upstream.requests.length = 0;
      stage.upstream.answer = ({ socket }) =>
        socket.end(`HTTP/1.1 308 Go\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
      expect(statusOf(await stage.send("GET /x"))).toBe(308);
      expect(stage.upstream.requests).toHaveLength(1);
    }
  });

  it.each([
    ["is gone", ({ socket }: { socket: { destroy(): void } }) => socket.destroy(), 502, "upstream_unreachable"],
    [
      "speaks no HTTP",
      ({ socket }: { socket: { end(text: string): void } }) => socket.end(`${KEY}\r\n\r\n`),
      502,
      "upstream_unreachable",
    ],
    ["is silent", () => {}, 504, "upstream_timeout"],
  ])("when the upstream %s", async (_, answer, status, code) => {
    stage.upstream.answer = answer;
    const bytes = await stage.send("GET /x");
    expect(statusOf(bytes)).toBe(status);
    expect(bytes).toContain(`x-oidc-proxy-error: ${code}`);
    expect(bytes.toLowerCase()).toContain("access-control-allow-origin: *");
    expect(bytes).not.toContain(KEY);
    expect(bytes).not.toContain("127.0.0.1");
  });
});

it("a request that is split in two is two requests, each on its own", async () => {
  stage.upstream.answer = answerOk;
  const smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: proxy.example\r\n\r\n";
  const head = [
    "POST /x HTTP/1.1",
    "Host: proxy.example",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Connection: close",
  ];
  await exchange(stage.workerd.port, [...head, "", smuggled].join("\r\n"));
  for (const { head } of stage.upstream.requests) expect(head).not.toMatch(/content-length.*transfer-encoding/is);
});
