import { beforeEach, describe, expect, it, vi } from "vitest";
import { codeOf, createKeyStage, down, type KeyStage, MINUTE } from "../test/key-stage.ts";

let stage: KeyStage;
beforeEach(async () => {
  stage = await createKeyStage();
});

describe("an issuer that is ill", () => {
  it.each([
    ["redirects", () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } })],
    ["answers with an error", down],
    ["sends no JSON", () => new Response("<html>")],
    ["sends no key set", () => Response.json({ keys: {} })],
    ["sends broken UTF-8", () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
    ["sends more than 100 KiB", () => Response.json({ keys: stage.issuer.keys, x: "x".repeat(100 * 1024) })],
    ["sends nothing", () => new Response(null)],
    ["sends an empty key set", () => Response.json({ keys: [] })],
    ["sends no key that can be used", () => Response.json({ keys: [{ kty: "RSA", kid: stage.issuer.key.kid }] })],
    ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
  ])("and %s makes keys unavailable", async (_, answer) => {
    stage.issuer.answer = answer;
    await expect(stage.resolve()).rejects.toMatchObject({
      code: "keys_unavailable",
      message: "Signing keys unavailable",
      cause: expect.any(Error),
    });
    expect(stage.issuer.requests).toHaveLength(1);
  });

  it.each([
    ["answers with an error", 503, 10],
    ["sends more than 100 KiB", 200, 100 * 1024 + 1],
  ])("and %s is not read on", async (_, status, bytes) => {
    const cancel = vi.fn();
    const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(bytes).fill(0x20));
    stage.issuer.answer = () => new Response(new ReadableStream({ pull, cancel }), { status });
    expect(await codeOf(stage.resolve())).toBe("keys_unavailable");
    expect(cancel).toHaveBeenCalledOnce();
  });

  it("and never answers is given up, whether or not fetch heeds the signal", async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(() => new Promise(() => {}));
    stage.keys = stage.make({ timeoutMs: 5, fetch });
    expect(await codeOf(stage.resolve())).toBe("keys_unavailable");
    expect(fetch.mock.calls.map(([, init]) => init?.signal?.aborted)).toEqual([true]);
  });

  it("is asked again after a second when there is no key at hand", async () => {
    stage.issuer.answer = down;
    expect(await codeOf(stage.resolve())).toBe("keys_unavailable");
    stage.issuer.answer = null;
    expect(await codeOf(stage.resolve())).toBe("keys_unavailable");
    expect(stage.issuer.requests).toHaveLength(1);
    stage.clock.advance(1000);
    expect(await codeOf(stage.resolve())).toBe("found");
  });

  it("is asked ever less often while there is no key at hand, then every 8 s, and soon after it is well", async () => {
    stage.issuer.answer = down;
    const askedAt: number[] = [];
    for (let second = 0; second < 60; second++, stage.clock.advance(1000)) {
      const before = stage.issuer.requests.length;
      expect(await codeOf(stage.resolve(`forged-${second}`))).toBe("keys_unavailable");
      if (stage.issuer.requests.length > before) askedAt.push(second);
    }
    expect(askedAt).toEqual([0, 1, 3, 7, 15, 23, 31, 39, 47, 55]);
    stage.issuer.answer = null;
    stage.clock.advance(3000);
    expect(await codeOf(stage.resolve())).toBe("found");
  });

  it("withdraws no key by a key set of none", async () => {
    const key = await stage.resolve();
    stage.issuer.answer = () => Response.json({ keys: [] });
    stage.clock.advance(30_000);
    expect(await codeOf(stage.resolve("forged"))).toBe("keys_unavailable");
    expect(await stage.resolve()).toBe(key);
  });

  it("leaves known keys in use for 24 hours, asked every 30 s", async () => {
    await stage.resolve();
    stage.issuer.answer = down;
    stage.clock.advance(11 * MINUTE);
    expect(await codeOf(stage.resolve())).toBe("found");
    await stage.settled(2);
    stage.clock.advance(29_999);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBeDefined();
    expect(stage.issuer.requests).toHaveLength(2);
    stage.clock.advance(1);
    expect(await codeOf(stage.resolve())).toBe("found");
    await stage.settled(3);
    stage.clock.advance(24 * 60 * MINUTE - 11 * MINUTE - 30_000);
    expect(await codeOf(stage.resolve())).toBe("found");
    await stage.settled(4);
    stage.clock.advance(1);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBeUndefined();
    stage.clock.advance(1000);
    expect(await codeOf(stage.resolve())).toBe("keys_unavailable");
    stage.issuer.answer = null;
    stage.clock.advance(2000);
    expect(await codeOf(stage.resolve())).toBe("found");
  });

  it("is not blamed on the caller: an unknown key is unavailable, not unknown", async () => {
    await stage.resolve();
    stage.issuer.answer = down;
    expect(await codeOf(stage.resolve("new"))).toBe("keys_unavailable");
    expect(await codeOf(stage.resolve("new"))).toBe("keys_unavailable");
    expect(stage.issuer.requests).toHaveLength(2);
    expect(await codeOf(stage.resolve())).toBe("found");
  });
});
