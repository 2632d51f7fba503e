import { answerWith, headerNames, methods, surroundings, targetPieces } from "@org/testkit/http-cases";
import {
  comparable,
  exchange,
  message,
  type RawRequest,
  type RawUpstream,
  startRawUpstream,
} from "@org/testkit/raw-http";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { KEY } from "./real-worker.ts";
import { createStage } from "./stage.ts";

const stage = createStage();

/** Where no request may ever arrive. */
let elsewhere: RawUpstream;
beforeAll(async () => {
  elsewhere = await startRawUpstream();
});
afterAll(() => elsewhere?.close());

/** Stands for the token in what is generated, so that a counterexample can be read. */
const TOKEN = "{token}";
/** Stands for the token as a password. */
const BASIC = "{basic}";
const COOKIE = "session-7f3a9c21";
const PROXY_CREDENTIAL = "dXNlcjpwYXNzd29yZA";
const NAMED = "only-for-this-hop-51d2";

/** A request with secrets in all places, some of them no HTTP. */
function hostileRequest(): fc.Arbitrary<string> {
  const { host } = new URL(elsewhere.url);
  const beginnings = [
    "/",
    "/v1/",
    "//",
    `//${host}/`,
    `${elsewhere.url}/`,
    `http://user:pass@${host}/`,
    `@${host}/`,
    "\\",
  ];
  const escapes = ["/../", "/%2e%2e/", "/..%2f", "/%2E./", "/..\\", "/%5c..", "/..;/", `@${host}`, "%252e%252e%252f"];
  const piece = fc.constantFrom("v1", "messages", "?a=b", ...targetPieces, ...escapes);
  const target = fc
    .tuple(fc.constantFrom(...beginnings), fc.array(piece, { maxLength: 4 }), fc.constantFrom("", "", "", TOKEN))
    .map((parts) => parts.flat().join(""));
  const smuggled = `\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: ${host}\r\nx-api-key: ${TOKEN}\r\nX-Rest: `;
  const around = fc.constantFrom(...surroundings, "", "", smuggled);
  const secret = fc.constantFrom(TOKEN, TOKEN, "plain");
  const header = fc
    .tuple(fc.constantFrom(...headerNames, "X-Forwarded-Host", `X-${TOKEN}`), around, secret, around)
    .map(([name, ...value]) => `${name}: ${value.join("")}`);
  const headers = fc.array(header, { maxLength: 4 });
  const carrier = fc.constantFrom(
    ...["x-api-key: ", "api-key: ", "x-goog-api-key: "].map((name) => name + TOKEN),
    ...[`Bearer ${TOKEN}`, `token ${TOKEN}`, `Basic ${BASIC}`].map((credential) => `Authorization: ${credential}`),
  );
  const always = [
    `Cookie: ${COOKIE}`,
    `X-Hop: ${NAMED}`,
    "Connection: x-hop, x-api-key",
    `Proxy-Authorization: Basic ${PROXY_CREDENTIAL}`,
    `X-Copy: ${PROXY_CREDENTIAL}`,
  ];
  const lines = fc
    .tuple(headers, carrier, headers)
    .map(([before, credential, after]) => [...before, credential, ...always, ...after]);
  // The last two mean different requests to different readers.
  const body = fc.constantFrom<[string[], string]>(
    [[], ""],
    [["Content-Length: 5"], "hello"],
    [["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"],
    [["Content-Length: 5", "Transfer-Encoding: chunked"], `0${smuggled}\r\n\r\n`],
    [["Content-Length: 5", "Transfer-Encoding: xchunked"], `hello${smuggled}\r\n\r\n`],
  );
  return fc
    .tuple(fc.constantFrom(...methods), target, fc.constantFrom("proxy.example", host), lines, body)
    .map(([method, target, host, lines, [more, body]]) =>
      message(`${method} ${target}`, host, [...lines, ...more], body),
    );
}

/** An upstream that tells its key, redirects, or breaks. */
function hostileAnswer(): fc.Arbitrary<{ isBroken: boolean; status: number; bytes: string }> {
  const names = ["X-Echo", "Location", "Set-Cookie", "WWW-Authenticate", "Link", "ETag", "Vary", "Retry-After"];
  const location = fc.constantFrom(
    elsewhere.url,
    `${stage.upstream.url}/base/x`,
    "/base/x",
    `//u:p@${elsewhere.url.slice(7)}`,
  );
  const around = fc.stringMatching(/^[ -~]{0,8}$/);
  const echo = fc.tuple(fc.constantFrom(...names), around, around).map(([name, a, b]) => `${name}: ${a}${KEY}${b}`);
  const proper = fc
    .tuple(fc.constantFrom(200, 302, 307, 308, 401, 404, 500), location, fc.array(echo, { maxLength: 3 }))
    .map(([status, location, echoes]) => {
      const head = [
        `HTTP/1.1 ${status} ${KEY}`,
        `Location: ${location}`,
        ...echoes,
        "Content-Length: 0",
        "Connection: close",
      ];
      return { isBroken: false, status, bytes: `${head.join("\r\n")}\r\n\r\n` };
    });
  const broken = fc.constantFrom(
    "",
    `${KEY}\r\n\r\n`,
    `HTTP/1.1 200 OK\r\n${KEY}\r\n\r\n`,
    `HTTP/1.1 2 ${KEY}\r\n\r\n`,
  );
  return fc.oneof(
    { weight: 4, arbitrary: proper },
    { weight: 1, arbitrary: broken.map((bytes) => ({ isBroken: true, status: 502, bytes })) },
  );
}

it("whatever caller and upstream send: no secret crosses, nothing escapes, nothing of ours breaks", async () => {
  const requestsAndAnswers = fc.record({ request: hostileRequest(), answer: hostileAnswer() });
  let forwarded = 0;
  await fc.assert(
    fc.asyncProperty(requestsAndAnswers, async ({ request, answer }) => {
      stage.upstream.requests.length = 0;
      stage.worker.log.length = 0;
      stage.upstream.answer = ({ socket }) => socket.end(answer.bytes);
      const bytes = await exchange(
        stage.worker.port,
        request.replaceAll(TOKEN, stage.token).replace(BASIC, asPassword()),
      );
      const { requests } = stage.upstream;
      forwarded += requests.length;
      expect(bytes).not.toContain(KEY);
      expect(bytes).not.toContain(stage.token);
      for (const received of requests) expectClean(received);
      expect(elsewhere.requests).toEqual([]);
      const statuses = [...bytes.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
      expect(statuses.length).toBeGreaterThan(0);
      const ours = statuses.filter((status) => status >= 500 && status !== answer.status);
      expect(ours).toEqual([]);
      if (requests.length === 0) expect(Math.max(...statuses)).toBeLessThan(500);
      const log = stage.worker.log.join("\n");
      for (const secret of [KEY, stage.token, asPassword(), COOKIE, NAMED, PROXY_CREDENTIAL])
        expect(log).not.toContain(secret);
    }),
    { numRuns: 400 },
  );
  expect(forwarded).toBeGreaterThan(40); // else too little has been tried
});

const asPassword = () => btoa(`ci:${stage.token}`).replace(/=+$/, "");

function expectClean({ head, body, target, headers }: RawRequest): void {
  for (const secret of [stage.token, asPassword(), COOKIE, NAMED, PROXY_CREDENTIAL])
    expect(head + body).not.toContain(secret);
  expect(head.match(/^x-api-key:.*$/gim)).toEqual([`x-api-key: ${KEY}`]);
  expect(headers.host).toBe(new URL(stage.upstream.url).host);
  expect(readCredulously(target)).toMatch(/^\/base(?:\/|$)/);
}

/** The path as the most credulous server would read it. */
function readCredulously(target: string): string {
  let path = target.replace(/\?.*$/s, "");
  for (let depth = 0; depth < 5; depth++) {
    path = path.replace(/%(25|2e|2f|5c|3b)/gi, (code) => decodeURIComponent(code));
  }
  const segments: string[] = [];
  for (const segment of path.split(/[/\\]/).slice(1)) {
    const name = segment.replace(/;.*$/s, "");
    if (name === "..") segments.pop();
    else if (name !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

it("a header that repeats the key is dropped, and the operator is told its name", async () => {
  stage.upstream.answer = answerWith(["HTTP/1.1 200 OK", "Content-Length: 0", `X-Debug: Bearer ${KEY}`, "X-Fine: 1"]);
  const { headers } = comparable(await stage.send("GET /"));
  expect(headers.filter((line) => line.startsWith("x-"))).toEqual(["x-fine: 1"]);
  const events = stage.worker.log.map((line) => JSON.parse(line));
  expect(events).toContainEqual(expect.objectContaining({ event: "header_dropped", header: "x-debug" }));
});
