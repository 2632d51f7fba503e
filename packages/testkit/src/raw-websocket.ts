import { createHash } from "node:crypto";
import type { RawRequest } from "./raw-http.ts";

const CLOSE = 0x88;

/** Accepts the upgrade (RFC 6455 section 4.2.2) and sends each short frame back. */
export function echoWebSocket({ socket, headers }: RawRequest): void {
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
