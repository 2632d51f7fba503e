// Plain assertions on the built package with the runtime's own fetch. UPSTREAM answers with what it got.
import { createProxy, createRouter } from "@org/proxy-core";

const upstream = globalThis.Deno?.env.get("UPSTREAM") ?? globalThis.process?.env.UPSTREAM;
const token = "the-callers-own-token";
const proxy = createProxy({
  routes: [{ upstream: `${upstream}/base`, key: "sk-the-real-key", authHeader: "x-api-key" }],
  authorize: "any",
  upstreamTimeoutMs: 500,
});
const send = (path, init = {}) =>
  proxy(new Request(`http://proxy.example${path}`, { ...init, headers: { "x-api-key": token, ...init.headers } }));
const equal = (actual, expected, what) => {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
};

const response = await send("/a%2Fb//c?x=1&x=2", { method: "POST", body: "payload", headers: { "x-other": token } });
equal(response.status, 200, "status");
equal(response.headers.get("x-leak"), null, "a header that repeats the key");
let stream = response.body;
if (response.headers.get("content-encoding") === "gzip") stream = stream.pipeThrough(new DecompressionStream("gzip"));
const got = await new Response(stream).json();
equal(got.url, "/base/a%2Fb//c?x=1&x=2", "path and query");
equal(got.method, "POST", "method");
equal(got.body, "payload", "body");
equal(got.headers["x-api-key"], "sk-the-real-key", "key");
equal(JSON.stringify(got).includes(token), false, "the token at the upstream");

for (const coding of [
  "gzip",
  "x-gzip",
  "br",
  "deflate",
  "zstd",
  "gzip, br",
  "br, gzip",
  "identity, gzip",
  "zstd, gzip",
  "none",
]) {
  for (const asked of [
    { "accept-encoding": "gzip" },
    { "accept-encoding": "zstd" },
    { "accept-encoding": "identity" },
    { range: "bytes=0-" },
    {},
  ]) {
    const coded = await send(`/coded/${encodeURIComponent(coding)}`, { headers: asked });
    const length = coded.headers.get("content-length");
    const bytes = await coded.arrayBuffer();
    if (coded.headers.get("content-encoding") === null) {
      equal(new TextDecoder().decode(bytes), "hello ".repeat(100), `${coding}, decoded`);
      equal(length, null, `its length`);
    } else {
      equal(String(bytes.byteLength), coded.headers.get("x-length"), `${coding}, as it came`);
      equal(length, coded.headers.get("x-length"), "its length");
    }
  }
}

const moved = await send("/moved");
equal(moved.status, 302, "a redirect");
equal(moved.headers.get("location"), "https://other.example/", "where it leads");
equal((await send("/a/..%2fb")).status, 404, "an ambiguous path");
equal((await send("/silent")).status, 504, "an upstream that is silent");
const { forward } = createRouter([{ upstream: "http://127.0.0.1:2", key: "k" }]).match(
  new Request("http://proxy.example/"),
);
const gone = await forward(new Request("http://proxy.example/")).catch((error) => error);
equal(gone.code, "upstream_unreachable", "an upstream that is gone");
const isNode = !globalThis.Bun && !globalThis.Deno;
equal(gone.neverArrived, isNode, "whether it is certain that nothing was sent");
equal((await send("/", { headers: { upgrade: "websocket" } })).status, 426, "a WebSocket");
const opening = createProxy({ routes: [{ upstream, key: "k", websocket: true }], authorize: "any" });
const upgrade = await opening(new Request("http://proxy.example/", { headers: { upgrade: "websocket" } }));
equal(upgrade.status, 501, "a WebSocket that the runtime cannot open");

const chunks = new ReadableStream({
  start(controller) {
    for (const part of ["one ", "two ", "three"]) controller.enqueue(new TextEncoder().encode(part));
    controller.close();
  },
});
const streamed = await send("/up", { method: "PUT", body: chunks, duplex: "half" });
equal(streamed.status, 200, "a streamed upload");

export const result = "every check passes";
console.log(result);
// A connection that is kept alive would keep some runtimes waiting.
globalThis.process?.exit(0);
