import { describe, expect, it } from "vitest";
import { createProxy } from "./proxy.ts";
import { createRouter } from "./router.ts";

const at = { upstream: "https://up.example", key: "sk-secret", allow: ["GET /v1/realtime", "POST /v1/responses"] };

/** As a server hands it over: no Request can be made with this header everywhere. */
const asking = (upgrade: string, path = "/v1/realtime", method = "GET") =>
  ({ url: `https://proxy.example${path}`, method, headers: new Headers({ upgrade }) }) as Request;

describe("a WebSocket", () => {
  const match = (websocket: boolean | undefined, request: Request) =>
    createRouter([{ ...at, ...(websocket !== undefined && { websocket }) }]).match(request);
  const required = expect.objectContaining({
    code: "upgrade_required",
    message: "WebSocket not enabled on this route",
    neverArrived: true,
  });

  it.each(["websocket", "WebSocket", "websocket/13", "h2c, websocket", " WEBSOCKET ,x"])(
    "is refused where the route does not open them: %s",
    (upgrade) => {
      expect(() => match(undefined, asking(upgrade))).toThrow(required);
      expect(() => match(false, asking(upgrade))).toThrow(required);
      expect(match(true, asking(upgrade)).route.websocket).toBe(true);
    },
  );

  it.each(["h2c", "TLS/1.0", "websockets", ""])("is not what asks for something else: %s", (upgrade) => {
    expect(() => match(undefined, asking(upgrade))).not.toThrow();
  });

  it.each([
    ...["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map((allowed) => ["GET", allowed]),
    ["POST", "GET"],
  ])("is refused as such by a %s where only %s is allowed", (method, allowed) => {
    const router = createRouter([{ ...at, allow: [`${allowed} /x`] }]);
    expect(() => router.match(asking("websocket", "/x", method))).toThrow(required);
  });

  it.each(["QUERY", "PROPFIND"])("is refused as such where only a method like %s is allowed", (method) => {
    const router = createRouter([{ ...at, allow: [`${method} /q`] }]);
    expect(() => router.match(asking("websocket", "/q", method))).toThrow(required);
  });

  it.each(["POST", "HEAD", "QUERY"])(
    "is a GET: workerd would send a %s as one, which no rule has allowed",
    (method) => {
      const router = createRouter([{ ...at, allow: ["* /v1/files"], websocket: true }]);
      const refused = expect.objectContaining({ code: "route_not_allowed" });
      expect(() => router.match(asking("websocket", "/v1/files", method))).toThrow(refused);
      expect(() => router.match(asking("websocket", "/v1/files"))).not.toThrow();
    },
  );

  it("does not tell whether a path that is not allowed would open one", () => {
    const refused = expect.objectContaining({ code: "route_not_allowed" });
    expect(() => match(undefined, asking("websocket", "/v1/files"))).toThrow(refused);
    expect(() => match(true, asking("websocket", "/v1/files"))).toThrow(refused);
  });

  it("is answered 426 before anybody is asked", async () => {
    const proxy = createProxy({
      routes: [at],
      authorize: () => {
        throw new Error("asked");
      },
    });
    const answer = await proxy(asking("websocket"));
    expect([answer.status, answer.headers.get("x-oidc-proxy-error")]).toEqual([426, "upgrade_required"]);
  });

  it.each(["true", 1, null])("option that is none is a TypeError: %j", (websocket) => {
    expect(() => createRouter([{ ...at, websocket: websocket as never }])).toThrow("websocket must be true or false");
  });
});
