import { join } from "node:path";
import { exchange, message, type RawUpstream, startRawUpstream, statusOf } from "@org/testkit/raw-http";
import { startWorkerd } from "@org/testkit/workerd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRouter } from "../src/router.ts";

let breaking: RawUpstream;
beforeAll(async () => {
  breaking = await startRawUpstream();
  breaking.answer = ({ socket }) => socket.destroy();
});
afterAll(() => breaking?.close());

const KEY = "sk-the-real-key";
const upstreams: [string, () => string, boolean][] = [
  ["a closed port", () => "http://127.0.0.1:2", true],
  ["an upstream that breaks the connection", () => breaking.url, false],
];

describe.each(upstreams)("%s cannot be reached", (_, upstream, neverArrived) => {
  it("and Node tells whether nothing was sent", async () => {
    const request = new Request("https://proxy.example/", { method: "POST", body: "{}" });
    const { forward } = createRouter([{ upstream: upstream(), key: KEY }]).match(request);
    const error = { code: "upstream_unreachable", neverArrived };
    await expect(forward(request)).rejects.toThrow(expect.objectContaining(error));
  });

  it("and workerd never does", async () => {
    const workerd = await startWorkerd({
      entry: join(import.meta.dirname, "proxy-worker.ts"),
      bindings: { UPSTREAM: upstream(), KEYS: [KEY], CORS: ["off"], WEBSOCKET: false, TIMEOUT_MS: 1000 },
    });
    const answer = await exchange(workerd.port, message("POST /", "proxy.example", ["Content-Length: 2"], "{}"));
    const [told] = workerd.log;
    await workerd.stop();
    expect(statusOf(answer)).toBe(502);
    expect(JSON.parse(told ?? "")).toEqual({ type: "error", neverArrived: false });
  });
});
