import { afterEach, describe, expect, it, vi } from "vitest";
import { withCors } from "./cors.ts";
import { drain } from "./drain.ts";
import { createProxy, type ProxyOptions } from "./proxy.ts";

const KIB = 1024;

interface Upload {
  request: Request;
  /** How many bytes were asked for. */
  read(): number;
  isCancelled(): boolean;
}

/** An upload in pieces of a KiB; after the last it ends, fails, or says nothing more. */
function upload(pieces: number, then: "ends" | "fails" | "hangs" = "ends", init: RequestInit = {}): Upload {
  let read = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (read < pieces * KIB) {
          read += KIB;
          controller.enqueue(new Uint8Array(KIB));
        } else if (then === "ends") controller.close();
        else if (then === "fails") controller.error(new Error("The caller went away"));
        else return new Promise(() => {});
      },
      cancel() {
        isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const request = new Request("https://proxy.example/x", { method: "POST", body, duplex: "half", ...init } as object);
  return { request, read: () => read, isCancelled: () => isCancelled };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("drain", () => {
  it("comes to an end with pieces of nothing, which let no timer ring", async () => {
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(0)) });
    const init = { method: "POST", body, duplex: "half" };
    await expect(drain(new Request("https://proxy.example/x", init as object))).resolves.toBeUndefined();
  });

  it.each([[0], [1], [60], [64]])("reads an upload of %i KiB to its end", async (pieces) => {
    const { request, read } = upload(pieces);
    await drain(request);
    expect(read()).toBe(pieces * KIB);
  });

  it("reads 64 KiB of a longer one, and leaves the rest", async () => {
    const { request, read, isCancelled } = upload(1000);
    await drain(request);
    expect(read()).toBeLessThanOrEqual(66 * KIB); // streams of the runtime's own may ask ahead
    expect(read()).toBeGreaterThanOrEqual(64 * KIB);
    expect(isCancelled()).toBe(false); // which can close the connection
  });

  it("waits a second for one that says nothing more", async () => {
    const { request } = upload(1, "hangs");
    const startedAt = performance.now();
    await drain(request);
    const passed = performance.now() - startedAt;
    expect(passed).toBeGreaterThan(900);
    expect(passed).toBeLessThan(5000);
  });

  it.each(["ends", "fails"] as const)("leaves no timer behind when an upload %s", async (then) => {
    vi.useFakeTimers();
    await drain(upload(1, then).request);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is done when the caller goes away", async () => {
    await expect(drain(upload(1, "fails").request)).resolves.toBeUndefined();
  });

  it("does nothing where there is no body, or somebody has it", async () => {
    await drain(new Request("https://proxy.example/x"));
    const used = new Request("https://proxy.example/x", { method: "POST", body: "hello" });
    await used.text();
    await drain(used);
    const { request, read } = upload(1, "hangs");
    const reader = request.body?.getReader();
    await drain(request);
    expect(read()).toBe(0);
    reader?.releaseLock();
  });
});

describe("is drained before the answer", () => {
  const proxy = (options: object = {}) =>
    createProxy({
      routes: [{ upstream: "https://up.example", key: "sk-secret", allow: ["POST /y"] }],
      authorize: "any",
      ...options,
    });
  const onError = () => new Response(null, { status: 403 });
  const preflight = { method: "OPTIONS", headers: { "access-control-request-method": "POST" } };
  const never = async () => expect.fail("asked");
  it.each<[what: string, status: number, handler: (request: Request) => Promise<Response>, init?: RequestInit]>([
    ["a refusal", 404, proxy()],
    ["a refusal in one's own way", 403, proxy({ onError })],
    ["a preflight", 204, withCors(never, { origin: "*" }), preflight],
    ["a preflight without CORS", 204, withCors(never, { origin: "off" }), preflight],
  ])("%s", async (_, status, handler, init) => {
    const { request, read } = upload(3, "ends", init);
    expect([(await handler(request)).status, read()]).toEqual([status, 3 * KIB]);
  });

  it("but what authorize has read, or failed to forward, is left alone", async () => {
    const read: ProxyOptions["authorize"] = async (_, request) => {
      await request.text();
      throw new Error("no");
    };
    const request = () =>
      new Request("https://proxy.example/y", { method: "POST", body: "hello", headers: { "x-api-key": "mine" } });
    expect((await proxy({ authorize: read, onError })(request())).status).toBe(403);
    const fetch: ProxyOptions["fetch"] = async (_, init) => {
      if (init?.body instanceof ReadableStream) init.body.getReader();
      throw new Error("gone");
    };
    expect((await proxy({ fetch })(request())).status).toBe(502);
  });
});
