import { openRequest, type RawRequest } from "@org/testkit/raw-http";
import { expect, it, vi } from "vitest";
import { createStage } from "./stage.ts";

const stage = createStage({ MAX_REQUESTS_PER_TOKEN: "100", RATE_LIMIT_PER_SECOND: "100000" });

/** How many units the token has left, as the next request is told. */
async function left(): Promise<number> {
  stage.upstream.answer = ({ socket }) => socket.end("HTTP/1.1 204 No Content\r\n\r\n");
  const answer = await stage.send("GET /left");
  return Number(/ratelimit: "token";r=(\d+)/i.exec(answer)?.[1]);
}

it.each([
  ["a body that ends a byte short", "Content-Length: 3", "{}", ""],
  ["a large body that ends short", "Content-Length: 2000000", "{}", ""],
  ["a chunk that is none", "Transfer-Encoding: chunked", "2\r\n{}\r\n", "ZZZ\r\n"],
])("a caller who breaks off an upload is charged: %s", async (_name, length, body, end) => {
  const before = await left();
  stage.upstream.requests.length = 0;
  stage.upstream.answer = () => {};
  const caller = openRequest(stage.worker.port, ["POST /x HTTP/1.1", `x-api-key: ${stage.token}`, length]);
  caller.socket.write(body);
  await vi.waitFor(() => expect(stage.received().body).toContain("{}"), { timeout: 10_000, interval: 5 });
  caller.socket.end(end);
  await caller.ended;
  expect(await left()).toBe(before - 2); // this one, and the one that asks
});

it.each<[string, (request: RawRequest) => void]>([
  ["breaks without a byte", ({ socket }) => socket.destroy()],
  ["speaks no HTTP", ({ socket }) => socket.end("garbage\r\n\r\n")],
  ["answers with a status that is none", ({ socket }) => socket.end("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n")],
])("a request is charged though the upstream %s", async (_name, answer) => {
  const before = await left();
  stage.upstream.answer = answer;
  expect(await stage.send("GET /x")).toContain("x-oidc-proxy-error: upstream_unreachable");
  expect(await left()).toBe(before - 2);
});

it("an upstream that drops every request lets nobody exceed a budget, and is asked nothing else", async () => {
  const before = await left();
  stage.upstream.requests.length = 0;
  stage.upstream.answer = ({ socket }) => socket.destroy();
  const send = () => stage.send("POST /x", ["Content-Length: 2"], "{}");
  const answers = [await send(), await send(), await send()];
  expect(answers.map((answer) => Number(/ratelimit: "token";r=(\d+)/i.exec(answer)?.[1]))).toEqual([
    before - 1,
    before - 2,
    before - 3,
  ]);
  expect(stage.upstream.requests.map(({ line }) => line)).toEqual(Array(3).fill("POST /base/x HTTP/1.1"));
});
