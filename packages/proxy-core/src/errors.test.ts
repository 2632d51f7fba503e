import { expect, it } from "vitest";
import { ProxyError, type ProxyErrorCode } from "./errors.ts";
import { createRouter } from "./router.ts";

it.each<[ProxyErrorCode, boolean, boolean]>([
  ["missing_token", true, true],
  ["not_authorized", true, true],
  ["route_not_allowed", true, true],
  ["method_not_allowed", true, true],
  ["upgrade_required", true, true],
  ["upstream_unreachable", false, true],
  ["upstream_timeout", false, true],
])(
  "%s: it is certain that nothing arrived: %s; if a runtime says that it sent nothing: %s",
  (code, usually, unsent) => {
    expect(new ProxyError(code).neverArrived).toBe(usually);
    expect(new ProxyError(code, new Error("refused")).neverArrived).toBe(usually);
    expect(new ProxyError(code, new Error("refused"), true).neverArrived).toBe(unsent);
  },
);

it("shows no route, which holds the key, to who prints an error or makes JSON of it", () => {
  const router = createRouter([{ prefix: "/a", preset: "openai", key: "sk-key", headers: { b: { secret: "sk-2" } } }]);
  let error: ProxyError | undefined;
  try {
    router.match(new Request("https://proxy.example/a/v1/files"));
  } catch (thrown) {
    error = thrown as ProxyError;
  }
  expect(error?.route?.preset).toBe("openai");
  expect(Object.keys(error ?? {})).not.toContain("route");
  expect(JSON.stringify(error)).not.toContain("sk-");
  expect("route" in new ProxyError("route_not_allowed")).toBe(false);
});

it("tells its cause only if there is one", () => {
  const cause = new Error("refused");
  expect(new ProxyError("upstream_unreachable", cause)).toMatchObject({ name: "ProxyError", cause });
  expect("cause" in new ProxyError("missing_token")).toBe(false);
});
