import { afterEach, describe, expect, it, vi } from "vitest";
import type { ProxyEvent } from "./handler.ts";
import type { RouteOptions } from "./route.ts";
import { createRouter, type RouterOptions } from "./router.ts";

interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
  redirect: string | undefined;
}

/** A router in front of an upstream that is a function, with a record of what was sent and told. */
function createStage(
  route: Partial<RouteOptions>,
  answer: (sent: Sent, signal: AbortSignal) => Response | Promise<Response> = () => new Response("ok"),
  options: RouterOptions = {},
) {
  const sent: Sent[] = [];
  const events: ProxyEvent[] = [];
  const router = createRouter(
    [{ upstream: "https://up.example/base", key: "sk-first-key", ...route } as RouteOptions],
    {
      ...options,
      onEvent: (event) => events.push(event),
      fetch: async (input, init) => {
        const body = init?.body ? await new Response(init.body).text() : "";
        const headers = Object.fromEntries(new Headers(init?.headers));
        sent.push({ url: String(input), method: String(init?.method), headers, body, redirect: init?.redirect });
        return answer(sent.at(-1) as Sent, init?.signal as AbortSignal);
      },
    },
  );
  const forward = (path: string, init: RequestInit = {}) => {
    const request = new Request(`https://proxy.example${path}`, { duplex: "half", ...init } as RequestInit);
    return router.match(request).forward(request);
  };
  return { sent, events, forward };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("forward", () => {
  it("puts the base path in front, cuts the route's prefix off and injects the key", async () => {
    const { sent, forward } = createStage({ prefix: "/openai", authPrefix: "Bearer " });
    await forward("/openai//v1%2Fx?a=b&a=c", { method: "PATCH", body: "hi", headers: { "content-type": "a/b" } });
    expect(sent).toEqual([
      {
        url: "https://up.example/base//v1%2Fx?a=b&a=c",
        method: "PATCH",
        headers: { authorization: "Bearer sk-first-key", "content-type": "a/b" },
        body: "hi",
        redirect: "manual",
      },
    ]);
  });

  it("sets the route's headers over the caller's", async () => {
    const { sent, forward } = createStage({
      authHeader: "X-Key",
      headers: { "OpenAI-Organization": "org_1", "X-B": "2" },
    });
    await forward("/", { headers: { "openai-organization": "org_evil", "x-key": "mine", "x-a": "1" } });
    expect(sent[0]?.headers).toEqual({
      "openai-organization": "org_1",
      "x-a": "1",
      "x-b": "2",
      "x-key": "sk-first-key",
    });
  });

  it("moves a redirect below the base path to the route's prefix", async () => {
    const location = "https://up.example/base/next";
    const { forward } = createStage({ prefix: "/a" }, () => new Response(null, { status: 307, headers: { location } }));
    expect((await forward("/a/x")).headers.get("location")).toBe("https://proxy.example/a/next");
  });

  it.each(["Upstream unreachable", "Illegal header value sk-first-key"])(
    "says no more than that: %s",
    async (reason) => {
      const cause = new TypeError(reason);
      const { forward } = createStage({}, () => Promise.reject(cause));
      const error = { code: "upstream_unreachable", message: "Upstream unreachable", cause };
      await expect(forward("/")).rejects.toThrow(expect.objectContaining(error));
    },
  );
});

describe("an upstream that cannot be reached", () => {
  const refused = new TypeError("fetch failed", {
    cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED", syscall: "connect" }),
  });
  const arrived = (neverArrived: boolean) => expect.objectContaining({ code: "upstream_unreachable", neverArrived });

  it("may have got a request that a fetch of one's own says it did not send, as that may have tried before", async () => {
    const { sent, forward } = createStage({}, () => Promise.reject(refused));
    await expect(forward("/x", { method: "POST", body: "{}" })).rejects.toThrow(arrived(false));
    expect(sent).toHaveLength(1); // and nobody asks again
  });

  it("has got the request if its answer is none", async () => {
    const answer = { status: 999, statusText: "", headers: new Headers(), body: null } as Response;
    await expect(createStage({}, () => answer).forward("/")).rejects.toThrow(arrived(false));
  });

  it("may have got the request of a caller who left", async () => {
    const { sent, forward } = createStage({}, () => Promise.reject(new TypeError("aborted")));
    await expect(forward("/", { signal: AbortSignal.abort() })).rejects.toThrow(arrived(false));
    expect(sent).toHaveLength(1);
  });

  it("has got the request if only the next key's connection is refused", async () => {
    const fetch = vi.spyOn(globalThis, "fetch");
    fetch.mockResolvedValueOnce(new Response("", { status: 401 })).mockRejectedValueOnce(refused);
    const request = new Request("https://proxy.example/");
    const router = createRouter([{ upstream: "https://up.example", key: ["sk-first-key", "sk-second-key"] }]);
    await expect(router.match(request).forward(request)).rejects.toThrow(arrived(false));
    expect(fetch).toHaveBeenCalledTimes(2);
    fetch.mockRestore();
  });
});

describe("two keys", () => {
  const key = ["sk-first-key", "sk-second-key"] as const;
  const rejectFirst = ({ headers }: Sent) =>
    new Response("", { status: headers.authorization === "sk-first-key" ? 401 : 200 });
  const upload = (body: string) => ({ method: "POST", body, headers: { "content-length": String(body.length) } });

  it("uses the second when the first gets a 401, and stays with it", async () => {
    const { sent, events, forward } = createStage({ key, name: "llm" }, rejectFirst);
    expect((await forward("/", upload("hello"))).status).toBe(200);
    expect((await forward("/")).status).toBe(200);
    expect(sent.map(({ headers, body }) => [headers.authorization, body])).toEqual([
      ["sk-first-key", "hello"],
      ["sk-second-key", "hello"],
      ["sk-second-key", ""],
    ]);
    expect(events).toEqual([{ type: "key_rejected", route: "llm", keyIndex: 0 }]);
  });

  it("tells of a key that was rejected, worked again and is rejected once more", async () => {
    vi.useFakeTimers();
    let working: string = key[1];
    const { events, forward } = createStage({ key }, ({ headers }) => {
      return new Response("", { status: headers.authorization === working ? 200 : 401 });
    });
    for (const next of [key[1], key[0], key[1]]) {
      working = next;
      vi.setSystemTime(Date.now() + 120_000);
      expect((await forward("/")).status).toBe(200);
    }
    expect(events.map((event) => "keyIndex" in event && event.keyIndex)).toEqual([0, 1, 0]);
  });

  it("requests at once do not talk each other out of the working key", async () => {
    const { forward } = createStage({ key }, rejectFirst);
    const answers = await Promise.all([forward("/1"), forward("/2"), forward("/3"), forward("/4")]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it("passes the last 401 on when no key works, and tells nothing", async () => {
    const { sent, events, forward } = createStage({ key }, () => new Response("", { status: 401 }));
    expect((await forward("/")).status).toBe(401);
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(key);
    expect(events).toEqual([]);
  });

  it.each([
    ["is as long as may be held", "hello!", { replayBytes: 6 }],
    ["has 1 MiB, by default", "x".repeat(2 ** 20), {}],
  ])("sends a body again that %s", async (_, text, options) => {
    const { sent, forward } = createStage({ key }, rejectFirst, options);
    expect((await forward("/", upload(text))).status).toBe(200);
    expect(sent.map(({ body }) => body === text)).toEqual([true, true]);
  });

  it.each<[string, string, HeadersInit, RouterOptions]>([
    ["is too long", "hello!", { "content-length": "6" }, { replayBytes: 5 }],
    ["has more than 1 MiB, by default", "x".repeat(2 ** 20 + 1), { "content-length": String(2 ** 20 + 1) }, {}],
    ["does not say how long it is", "hello!", {}, { replayBytes: 5 }],
  ])("sends a body once if it %s", async (_, text, headers, options) => {
    const { sent, events, forward } = createStage({ key }, rejectFirst, options);
    const body = new Response(text).body as ReadableStream;
    expect((await forward("/", { method: "POST", body, headers })).status).toBe(401);
    expect(sent.map(({ body }) => body === text)).toEqual([true]);
    expect(events).toEqual([]);
  });

  it("sends nothing of a body that its caller broke off", async () => {
    const { sent, forward } = createStage({ key });
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
    const broken = forward("/", { method: "POST", body, headers: { "content-length": "5" } });
    await expect(broken).rejects.toThrow(
      expect.objectContaining({ code: "upstream_unreachable", neverArrived: false }),
    );
    expect(sent).toEqual([]);
  });

  it("with one key a 401 is the upstream's answer", async () => {
    const { sent, events, forward } = createStage({}, () => new Response("", { status: 401 }));
    expect((await forward("/")).status).toBe(401);
    expect([sent.length, events]).toEqual([1, []]);
  });
});

describe("time", () => {
  const silent = (_: Sent, signal: AbortSignal) =>
    new Promise<Response>((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const timeout = expect.objectContaining({ code: "upstream_timeout", message: "Upstream timeout" });

  it.each([
    ["as long as its route says", { upstreamTimeoutMs: 5000 }, 5000],
    ["for 10 minutes, by default", {}, 600_000],
  ])("gives up on an upstream that is silent %s", async (_, options, timeoutMs) => {
    vi.useFakeTimers();
    const answering = createStage(options, silent).forward("/");
    const isOver = vi.fn();
    answering.catch(isOver);
    const answer = expect(answering).rejects.toThrow(timeout);
    await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(isOver).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await answer;
  });

  it.each([
    ["of unknown length", {}],
    ["of more than 1 MiB", { "content-length": String(2 ** 20 + 1) }],
  ])("waits for an upload %s that flows, and counts from its end", async (_, headers) => {
    vi.useFakeTimers();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    let isEnded = () => false;
    const { sent, forward } = createStage({ upstreamTimeoutMs: 5000 }, (request, signal) => {
      isEnded = () => signal.aborted;
      return silent(request, signal);
    });
    const answering = forward("/", { method: "POST", headers, body: readable });
    const isOver = vi.fn();
    answering.catch(isOver);
    const answer = expect(answering).rejects.toThrow(timeout);
    for (const bytes of [1, 1, 2 ** 20 - 1]) {
      await writer.write(new Uint8Array(bytes));
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(sent).toEqual([]); // still uploading
    expect(isOver).not.toHaveBeenCalled();
    await writer.close();
    await vi.advanceTimersByTimeAsync(5000);
    await answer;
    expect(isEnded()).toBe(true);
  });

  it("counts from the start of an upload of 1 MiB", async () => {
    vi.useFakeTimers();
    const { readable } = new TransformStream<Uint8Array, Uint8Array>();
    const headers = { "content-length": String(2 ** 20) };
    const { forward } = createStage({ upstreamTimeoutMs: 5000 }, silent);
    const answer = expect(forward("/", { method: "POST", headers, body: readable })).rejects.toThrow(timeout);
    await vi.advanceTimersByTimeAsync(5000);
    await answer;
  });

  it("leaves no timer behind", async () => {
    vi.useFakeTimers();
    await createStage({}).forward("/");
    await createStage({}, () => Promise.reject(new Error("gone")))
      .forward("/")
      .catch(() => {});
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer behind after a trial of another key that others waited for", async () => {
    vi.useFakeTimers();
    const key = ["sk-first-key", "sk-second-key"] as const;
    const { forward } = createStage({ key }, ({ headers }) => {
      return new Response("", { status: headers.authorization === key[0] ? 401 : 200 });
    });
    await Promise.all([forward("/1"), forward("/2"), forward("/3")]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("a caller who leaves aborts the upstream's request", async () => {
    const caller = new AbortController();
    const { forward } = createStage({}, silent);
    const answer = expect(forward("/", { signal: caller.signal })).rejects.toThrow("Upstream unreachable");
    caller.abort();
    await answer;
  });
});
