import { echoWebSocket } from "@org/testkit/raw-websocket";
import { expect, it } from "vitest";
import { KEY } from "./real-worker.ts";
import { createStage } from "./stage.ts";

const stage = createStage((upstream) => ({
  UPSTREAM_URL: "",
  UPSTREAM_AUTH_HEADER: "",
  ROUTES: [
    { prefix: "/v1", upstream: `${upstream}/v1`, authHeader: "x-api-key", key: "UPSTREAM_API_KEY", websocket: true },
    { upstream, authHeader: "x-api-key", key: "UPSTREAM_API_KEY" },
  ],
}));

/** Says a text and some bytes, waits for their echo, then closes. */
async function converse(url: string, headers: Record<string, string>): Promise<unknown[]> {
  // Node's own can send headers, which the browsers' types do not know.
  const init: object = { protocols: ["realtime"], headers };
  const client = new WebSocket(url, init as string[]);
  client.binaryType = "arraybuffer";
  const heard: unknown[] = [];
  const closed = new Promise<CloseEvent>((resolve) => client.addEventListener("close", resolve));
  await new Promise<void>((resolve, reject) => {
    client.addEventListener("error", reject);
    client.addEventListener("open", () => client.send("héllo"));
    client.addEventListener("message", ({ data }) => {
      heard.push(data);
      if (heard.length === 1) client.send(Uint8Array.of(0, 255, 1));
      else resolve();
    });
  });
  client.close(1000, "bye");
  const { code, reason } = await closed;
  return [client.protocol, ...heard, code, reason];
}

it("a WebSocket says and hears what it would without the worker, with the key in the handshake", async () => {
  stage.upstream.answer = echoWebSocket;
  const direct = await converse(`${stage.upstream.url.replace("http", "ws")}/base/v1/realtime?model=m`, {});
  const proxied = await converse(`ws://127.0.0.1:${stage.worker.port}/v1/realtime?model=m`, {
    "x-api-key": stage.token,
  });
  expect(proxied).toEqual(direct);
  expect(proxied).toEqual(["realtime", "héllo", Uint8Array.of(0, 255, 1).buffer, 1000, "bye"]);
  const { line, head, headers } = stage.received();
  expect(line).toBe("GET /base/v1/realtime?model=m HTTP/1.1");
  expect(headers["x-api-key"]).toBe(KEY);
  expect(head).not.toContain(stage.token);
});

it("without a token there is no handshake with the upstream", async () => {
  await expect(converse(`ws://127.0.0.1:${stage.worker.port}/v1/realtime`, {})).rejects.toBeDefined();
  expect(stage.upstream.requests).toEqual([]);
});

it("on a route that does not open them there is none either, and the caller is told to use HTTP", async () => {
  const upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA=="];
  expect(await stage.send("GET /v2/realtime", upgrade)).toMatch(/^HTTP\/1.1 426 .*error: upgrade_required\r\n/is);
  expect(stage.upstream.requests).toEqual([]);
});
