import { describe, expect, inject, it } from "vitest";
import { createRouter } from "./router.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the scripted upstream of vitest.config.ts listens. */
    upstreamUrl: string;
  }
}

const KEY = "sk-the-real-key";
const router = createRouter([
  { upstream: `${inject("upstreamUrl")}/base`, key: KEY, authHeader: "x-api-key", cookies: "pass" },
]);
const isWorkerd = "WebSocketPair" in globalThis;

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(`https://proxy.example${path}`, { duplex: "half", ...init } as RequestInit);
  return router.match(request).forward(request);
}

interface Received {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

const echo = async (path: string, init?: RequestInit) => (await (await ask(path, init)).json()) as Received;

describe("with the runtime's own fetch", () => {
  it("path and query arrive as sent", async () => {
    const target = "//a%2Fb;c+d%20e/%C3%A9?x=%2F&x=+&&y";
    expect((await echo(target)).url).toBe(`/base${target}`);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("%s arrives with its body and length", async (method) => {
    const received = await echo("/", { method, body: "hello", headers: { "content-length": "5" } });
    expect(received).toMatchObject({ method, body: "hello" });
    expect(received.headers["content-length"]).toBe("5");
  });

  it("a body without a length arrives in chunks", async () => {
    const received = await echo("/", { method: "POST", body: new Blob(["hello"]).stream() });
    expect(received).toMatchObject({ body: "hello", headers: { "transfer-encoding": "chunked" } });
  });

  it("a large body arrives whole", async () => {
    const body = "x".repeat(3 << 20);
    const response = await ask("/count", { method: "POST", body, headers: { "content-length": String(body.length) } });
    expect(await response.text()).toBe(String(body.length));
  });

  it("a redirect is passed on, and not followed", async () => {
    const response = await ask("/redirect");
    expect([response.status, response.headers.get("location")]).toEqual([302, "https://proxy.example/next"]);
  });

  it("several cookies stay apart where they pass", async () => {
    expect((await ask("/cookies")).headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2, c"]);
  });

  it.each([204, 205, 304])("%i has no body", async (status) => {
    const response = await ask(`/status/${status}`);
    expect([response.status, await response.text()]).toEqual([status, ""]);
  });

  describe("an encoded answer is true to its headers", () => {
    const codings = [
      ...["gzip", "GZIP", "x-gzip", "br", "deflate", "zstd", "identity", "unheard-of", "compress"],
      ...[
        "gzip, br",
        "br,gzip",
        "gzip, gzip",
        "identity, gzip",
        "gzip, identity",
        "unheard-of, gzip",
        "gzip, unheard-of",
      ],
      ...["zstd, gzip", "zstd, br", "gzip,", "gzip,,br"],
    ];
    const asked = [undefined, "gzip", "zstd", "identity", "identity;q=0", "*", "gzip;q=0, zstd"];

    it.each(codings)("%s", async (coding) => {
      for (const accept of asked) {
        const headers = accept === undefined ? {} : { "accept-encoding": accept };
        const response = await ask(`/coded/${encodeURIComponent(coding)}`, { headers });
        const encoding = response.headers.get("content-encoding");
        const length = response.headers.get("content-length");
        if (encoding === null) {
          expect([await response.text(), length]).toEqual(["hello ".repeat(100), null]);
        } else if (!isWorkerd) {
          // In workerd only who reads it here gets it decoded.
          const { byteLength } = await response.arrayBuffer();
          expect([encoding, length]).toEqual([coding, response.headers.get("x-length")]);
          expect(String(byteLength)).toBe(length);
        }
        expect(response.headers.has("content-digest")).toBe(encoding !== null);
        if (isWorkerd) expect([encoding, length]).toEqual([coding, response.headers.get("x-length")]);
      }
    });

    it("to a HEAD as well", async () => {
      const { headers } = await ask("/coded/gzip", { method: "HEAD" });
      expect(headers.get("content-encoding")).toBe(isWorkerd ? "gzip" : null);
      expect(headers.has("content-length")).toBe(isWorkerd);
    });
  });

  it.each([
    ["zstd, gzip", "gzip, br"],
    ["identity", "identity"],
    ["identity;q=0", "gzip, br"],
    ["gzip, identity;q=0", "gzip, br"],
    ["identity, zstd;q=0.5", "gzip, br"],
    ["*", "gzip, br"],
  ])("asked for %s, it asks for what it can hand on", async (asked, decodable) => {
    const { headers } = await echo("/", { headers: { "accept-encoding": asked } });
    expect(headers["accept-encoding"]).toBe(isWorkerd ? asked : decodable);
  });

  it("of a range it asks for the bytes themselves", async () => {
    const { headers } = await echo("/", { headers: { "accept-encoding": "gzip", range: "bytes=5-" } });
    expect(headers["accept-encoding"]).toMatch(isWorkerd ? /^gzip$/ : /^identity(?:, identity)?$/);
  });

  it("an upstream that is silent is given up", async () => {
    const request = new Request("https://proxy.example/silence");
    const upstream = `${inject("upstreamUrl")}/base`;
    const { forward } = createRouter([{ upstream, key: KEY, upstreamTimeoutMs: 50 }]).match(request);
    await expect(forward(request)).rejects.toThrow(expect.objectContaining({ code: "upstream_timeout" }));
  });

  it("a caller who leaves while the upstream is silent ends the wait", async () => {
    const caller = new AbortController();
    const answer = ask("/silence", { signal: caller.signal });
    caller.abort();
    await expect(answer).rejects.toThrow(expect.objectContaining({ code: "upstream_unreachable" }));
  });

  it("a WebSocket upgrade is refused where fetch cannot do it", async () => {
    const request = { url: "https://proxy.example/", method: "GET", headers: new Headers({ upgrade: "websocket" }) };
    if (isWorkerd) return; // test/websocket.test.ts
    const opening = createRouter([{ upstream: "https://up.example", key: KEY, websocket: true }]);
    const response = await opening.match(request as Request).forward(request as Request);
    expect(response.status).toBe(501);
    expect(response.headers.get("x-oidc-proxy-error")).toBe("upgrade_not_supported");
  });
});
