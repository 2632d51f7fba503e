import { createHash } from "node:crypto";
import type { RawRequest } from "@org/testkit/raw-http";
import { expect, it } from "vitest";
import { createStage } from "./stage.ts";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";
const CLOSE = 0x88;
const stage = createStage();

/** Accepts the upgrade (RFC 6455 section 4.2.2) and sends each short frame back. */
function echo({ socket, headers }: RawRequest): void {
  const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  lines.push(`Sec-WebSocket-Accept: ${accept.digest("base64")}`, "Sec-WebSocket-Protocol: realtime");
  socket.write([...lines, "", ""].join("\r\n"));
  socket.on("data", (chunk) => {
    const frame = Buffer.from(String(chunk), "latin1");
    const length = (frame[1] ?? 0) & 0x7f;
    const mask = frame.subarray(2, 6);
    const text = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    const reply = Buffer.concat([Buffer.from([frame[0] ?? 0, length]), text]);
    if (frame[0] === CLOSE) socket.end(reply);
    else socket.write(reply);
  });
}

it("a WebSocket goes through, with the key in the handshake and the token nowhere", async () => {
  stage.upstream.answer = echo;
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
