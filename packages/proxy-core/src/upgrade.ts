/**
 * Whether a request asks for a WebSocket, in any of the ways to say it: `Upgrade` is a list of protocols, each with or without a
 * version, in any case (RFC 9110 section 7.8).
 */
export function asksForWebSocket(headers: Headers): boolean {
  const protocols = headers.get("upgrade");
  if (protocols === null) return false;
  return protocols.split(",").some((protocol) => protocol.split("/")[0]?.trim().toLowerCase() === "websocket");
}
