import { echoWebSocket } from "@org/testkit/raw-websocket";
import { describe, expect, it } from "vitest";
import { createStage } from "./stage.ts";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";
const stage = createStage({ websocket: true });

it("a WebSocket goes through, with the key in the handshake and the token nowhere", async () => {
  stage.upstream.answer = echoWebSocket;
  const protocols = ["realtime", `openai-insecure-api-key.${TOKEN}`];
  const client = new WebSocket(`ws://127.0.0.1:${stage.workerd.port}/v1/realtime?model=m`, protocols);
  const closed = new Promise((resolve) => client.addEventListener("close", resolve));
  const message = await new Promise((resolve, reject) => {
    client.addEventListener("error", reject);
    client.addEventListener("open", () => client.send("hello"));
    client.addEventListener("message", ({ data }) => resolve(data));
  });
  expect(message).toBe("hello");
  expect(client.protocol).toBe("realtime");
  const { line, head, headers } = stage.received();
  expect(line).toBe("GET /base/v1/realtime?model=m HTTP/1.1");
  expect(headers["x-api-key"]).toBe("sk-the-real-key");
  expect(headers["sec-websocket-protocol"]).toBe("realtime");
  expect(head).not.toContain(TOKEN);
  client.close();
  await closed;
});

it("an upstream that declines the upgrade is heard", async () => {
  const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA=="];
  stage.upstream.answer = ({ socket }) => socket.end("HTTP/1.1 426 No\r\nContent-Length: 2\r\n\r\nno");
  expect(await stage.send("GET /", upgrade)).toMatch(/^HTTP\/1.1 426 No\r\n/);
});

describe("where the route does not open WebSockets", () => {
  const closed = createStage();

  it("an upgrade is refused, on a connection that goes on in HTTP", async () => {
    const upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA=="];
    const answer = await closed.send("GET /v1/realtime", upgrade);
    expect(answer).toMatch(/^HTTP\/1.1 426 .*x-oidc-proxy-error: upgrade_required\r\n/is);
    expect(answer).toContain('{"error":"WebSocket not enabled on this route"}');
    expect(closed.upstream.requests).toEqual([]);
  });
});
