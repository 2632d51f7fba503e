import { openRequest, type RawRequest, statusOf, whenComplete } from "@org/testkit/raw-http";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createStage } from "./stage.ts";

const answer = (status: string) => (request: RawRequest) =>
  whenComplete(request, () => {
    request.socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok`);
  });
const refuse = answer("401 No");
const pass = answer("200 OK");

describe("two keys, across requests of one isolate", () => {
  const stage = createStage({ cors: ["off"], keys: ["sk-revoked", "sk-working"] });

  it("requests at once wait for the one that tries the other key", async () => {
    let held: RawRequest | undefined;
    stage.upstream.answer = (request) => {
      if (request.headers["x-api-key"] === "sk-revoked") return refuse(request);
      if (held !== undefined) return pass(request);
      held = request;
    };
    const answers = Array.from({ length: 10 }, () => stage.send("POST /x", ["Content-Length: 2"], "{}"));
    const refused = () => stage.upstream.requests.filter(({ headers }) => headers["x-api-key"] === "sk-revoked");
    await vi.waitFor(() => expect([refused().length, held]).toEqual([10, expect.anything()]), { interval: 5 });
    pass(held as unknown as RawRequest);
    expect((await Promise.all(answers)).map(statusOf)).toEqual(Array(10).fill(200));
    expect(stage.upstream.requests).toHaveLength(20);
    expect(stage.upstream.requests.every(({ body }) => body === "{}")).toBe(true);
    const told = ['{"type":"key_rejected","route":"/","keyIndex":0}'];
    await vi.waitFor(() => expect(stage.workerd.log).toEqual(told), { interval: 5 });
  });
});

describe("a trial that is slow", () => {
  const stage = createStage({ cors: ["off"], keys: ["sk-revoked", "sk-working"], timeoutMs: 60_000 });

  it("is followed by others before it is answered", async () => {
    let held: RawRequest | undefined;
    stage.upstream.answer = (request) => {
      if (request.headers["x-api-key"] === "sk-revoked") return refuse(request);
      if (held !== undefined) return pass(request);
      held = request;
    };
    const slow = stage.send("GET /slow");
    await vi.waitFor(() => expect(held).toBeDefined(), { interval: 5 });
    expect(statusOf(await stage.send("GET /early"))).toBe(401);
    expect(statusOf(await stage.send("GET /late"))).toBe(200);
    expect(stage.workerd.log).toEqual([]);
    pass(held as unknown as RawRequest);
    expect(statusOf(await slow)).toBe(200);
    const told = ['{"type":"key_rejected","route":"/","keyIndex":0}'];
    await vi.waitFor(() => expect(stage.workerd.log).toEqual(told), { interval: 5 });
  });
});

describe("a trial whose caller has left", () => {
  const stage = createStage({ cors: ["off"], keys: ["sk-one", "sk-two"] });
  beforeEach(() => {
    stage.upstream.answer = (request) => (request.headers["x-api-key"] === "sk-one" ? refuse(request) : undefined);
  });

  it("keeps nobody waiting", async () => {
    const caller = openRequest(stage.workerd.port, ["GET /slow HTTP/1.1"]);
    await vi.waitFor(() => expect(stage.upstream.requests).toHaveLength(2), { interval: 5 });
    const other = stage.send("GET /x");
    await vi.waitFor(() => expect(stage.upstream.requests).toHaveLength(3), { interval: 5 });
    caller.socket.resetAndDestroy();
    expect(statusOf(await other)).toBe(401);
    expect(stage.workerd.log).toEqual([]);
  });
});
