import { connect } from "node:net";
import { openRequest, statusOf } from "@org/testkit/raw-http";
import { describe, expect, it, vi } from "vitest";
import { createStage, type Stage } from "./stage.ts";

const stage = createStage({ CORS_ORIGIN: "*", MAX_REQUESTS_PER_TOKEN: "1" });
const misconfigured = createStage({ OIDC_AUDIENCE: "" });

/** How a caller who still sends meets an answer. */
interface Met {
  answer: string;
  /** The error of a write, as most clients would report it in place of the answer. */
  failure: string | undefined;
  ms: number;
}

/** A caller who needs this long between one write and the next, as a network would. */
const PACE_MS = 5;

/** Send a head, then pieces of a body, one by one; read until the answer's end. Whoever closes early breaks a write. */
function upload({ worker }: Stage, head: readonly string[], pieces: readonly string[]): Promise<Met> {
  const startedAt = performance.now();
  const rest = [...pieces];
  return new Promise((resolve) => {
    let answer = "";
    let failure: string | undefined;
    const socket = connect(worker.port, "127.0.0.1");
    const isAnswered = () => /\r\n\r\n(?:.*\})?$/s.test(answer);
    const end = () => {
      socket.destroy();
      resolve({ answer, failure, ms: performance.now() - startedAt });
    };
    const sendNext = () => {
      const piece = rest.shift();
      if (piece !== undefined) socket.write(piece, "latin1", sent);
      else if (isAnswered()) end();
      else socket.on("data", () => isAnswered() && end());
    };
    const sent = (error?: NodeJS.ErrnoException | null) => {
      if (!error) return setTimeout(sendNext, PACE_MS);
      failure = error.code;
      return end();
    };
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", sent);
    socket.write([...head, "Host: proxy.example", "", ""].join("\r\n"), "latin1", sent);
  });
}

const post = (key: string) => ["POST /x HTTP/1.1", `x-api-key: ${key}`];
const length = (bytes: number) => `Content-Length: ${bytes}`;
const KIB = "x".repeat(1024);

type Row = [what: string, status: number, head: () => readonly string[], stage?: Stage];

describe("an upload that is refused reads why", () => {
  it.each<Row>([
    ["a stranger's", 401, () => post("garbage")],
    ["one on a way that is not open", 404, () => ["POST /x/../y HTTP/1.1"]],
    ["that of a caller whose budget is spent", 429, () => post(stage.token)],
    ["a preflight's", 204, () => ["OPTIONS /x HTTP/1.1", "Access-Control-Request-Method: POST"]],
    ["one to a worker that is misconfigured", 500, () => post("garbage"), misconfigured],
  ])("%s, of one byte in two writes", async (_, status, head, at = stage) => {
    await stage.send("GET /"); // spends the token
    const met = await Promise.all(Array.from({ length: 20 }, () => upload(at, [...head(), length(1)], ["x"])));
    expect(met.map(({ answer, failure }) => [statusOf(answer), failure])).toEqual(Array(20).fill([status, undefined]));
  });

  it.each([
    ["60 KiB", [length(60 * 1024)], Array(60).fill(KIB)],
    ["chunks", ["Transfer-Encoding: chunked"], ["1\r\nx\r\n", "1\r\nx\r\n", "0\r\n\r\n"]],
  ])("%s", async (_, framing, pieces) => {
    const { answer, failure } = await upload(stage, [...post("garbage"), ...framing], pieces);
    expect([statusOf(answer), failure]).toEqual([401, undefined]);
    expect(answer).toContain('{"error":"Malformed JWT"}');
  });

  it("as a stream of Node's fetch", async () => {
    const send = async () => {
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("a"));
          await new Promise((resolve) => setTimeout(resolve, 0));
          controller.enqueue(new TextEncoder().encode("b"));
          controller.close();
        },
      });
      const init = { method: "POST", headers: { "x-api-key": "garbage" }, body, duplex: "half" };
      return (await fetch(`${stage.worker.url}/x`, init)).json();
    };
    for (let i = 0; i < 20; i++) expect(await send()).toEqual({ error: "Malformed JWT" });
  });
});

describe("an upload without an end is answered all the same", () => {
  it("one that says nothing more, after a second", async () => {
    const { answer, ms } = await upload(stage, [...post("garbage"), length(10)], ["x"]);
    expect(statusOf(answer)).toBe(401);
    expect(ms).toBeGreaterThan(900);
  });

  it("one that goes on and on", async () => {
    const { socket, bytes } = openRequest(stage.worker.port, [...post("garbage"), "Transfer-Encoding: chunked"]);
    const sending = setInterval(() => socket.write(`400\r\n${KIB}\r\n`), 1);
    await vi.waitFor(() => expect(statusOf(bytes())).toBe(401), { timeout: 10_000, interval: 20 });
    clearInterval(sending);
    socket.destroy();
  });
});

it("callers who go away leave nothing behind but a line of the log", async () => {
  const gone = Array.from({ length: 20 }, async () => {
    const socket = connect(stage.worker.port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.write([...post("garbage"), length(10), "Host: proxy.example", "", "x"].join("\r\n"));
    setTimeout(() => socket.resetAndDestroy(), PACE_MS);
    await closed;
  });
  await Promise.all(gone);
  expect(statusOf(await stage.send("GET /"))).toBe(429);
  for (const line of stage.worker.log) expect(JSON.parse(line)).toHaveProperty("event", "refused");
});
