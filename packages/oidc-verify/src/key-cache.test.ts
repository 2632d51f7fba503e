import { createIssuer, createManualClock, type ManualClock, type TestIssuer } from "@org/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { createKeyResolver, type KeyResolver, type KeyResolverOptions } from "./keys.ts";

const MINUTE = 60_000;
let clock: ManualClock;
let issuer: TestIssuer;
let keys: KeyResolver;

beforeEach(async () => {
  clock = createManualClock();
  issuer = await createIssuer({ clock, alg: "ES256" });
  keys = make();
});

const make = (options: Partial<KeyResolverOptions> = {}) =>
  createKeyResolver({ issuer: issuer.issuer, clock, fetch: issuer.fetch, ...options });
const resolve = (kid = issuer.key.kid) => keys.resolve(kid, "ES256");
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "found",
    (error: { code?: string }) => error.code,
  );
const down = () => new Response("down", { status: 503 });
/** Background work is done once the issuer was asked so often and its answer was read. */
const settled = async (requests: number) => {
  await expect.poll(() => issuer.requests.length).toBe(requests);
  await new Promise((done) => setTimeout(done, 0));
};

describe("an issuer that is ill", () => {
  it.each([
    ["redirects", () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } })],
    ["answers with an error", down],
    ["sends no JSON", () => new Response("<html>")],
    ["sends no key set", () => Response.json({ keys: {} })],
    ["sends broken UTF-8", () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
    ["sends more than 100 KiB", () => Response.json({ keys: issuer.keys, x: "x".repeat(100 * 1024) })],
    ["sends nothing", () => new Response(null)],
    ["sends an empty key set", () => Response.json({ keys: [] })],
    ["sends no key that can be used", () => Response.json({ keys: [{ kty: "RSA", kid: issuer.key.kid }] })],
    ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
  ])("and %s makes keys unavailable", async (_, answer) => {
    issuer.answer = answer;
    await expect(resolve()).rejects.toMatchObject({
      code: "keys_unavailable",
      message: "Signing keys unavailable",
      cause: expect.any(Error),
    });
    expect(issuer.requests).toHaveLength(1);
  });

  it("and never answers is given up, whether or not fetch heeds the signal", async () => {
    keys = make({ timeoutMs: 5, fetch: () => new Promise(() => {}) });
    expect(await codeOf(resolve())).toBe("keys_unavailable");
  });

  it("is asked again after a second when there is no key at hand", async () => {
    issuer.answer = down;
    expect(await codeOf(resolve())).toBe("keys_unavailable");
    issuer.answer = null;
    expect(await codeOf(resolve())).toBe("keys_unavailable");
    expect(issuer.requests).toHaveLength(1);
    clock.advance(1000);
    expect(await codeOf(resolve())).toBe("found");
  });

  it("is asked ever less often while there is no key at hand, then every 8 s, and soon after it is well", async () => {
    issuer.answer = down;
    const askedAt: number[] = [];
    for (let second = 0; second < 60; second++, clock.advance(1000)) {
      const before = issuer.requests.length;
      expect(await codeOf(resolve(`forged-${second}`))).toBe("keys_unavailable");
      if (issuer.requests.length > before) askedAt.push(second);
    }
    expect(askedAt).toEqual([0, 1, 3, 7, 15, 23, 31, 39, 47, 55]);
    issuer.answer = null;
    clock.advance(3000);
    expect(await codeOf(resolve())).toBe("found");
  });

  it("withdraws no key by a key set of none", async () => {
    const key = await resolve();
    issuer.answer = () => Response.json({ keys: [] });
    clock.advance(30_000);
    expect(await codeOf(resolve("forged"))).toBe("keys_unavailable");
    expect(await resolve()).toBe(key);
  });

  it("leaves known keys in use for 24 hours, asked every 30 s", async () => {
    await resolve();
    issuer.answer = down;
    clock.advance(11 * MINUTE);
    expect(await codeOf(resolve())).toBe("found");
    await settled(2);
    clock.advance(29_999);
    expect(keys.peek(issuer.key.kid, "ES256")).toBeDefined();
    expect(issuer.requests).toHaveLength(2);
    clock.advance(1);
    expect(await codeOf(resolve())).toBe("found");
    await settled(3);
    clock.advance(24 * 60 * MINUTE - 11 * MINUTE - 30_000);
    expect(await codeOf(resolve())).toBe("found");
    await settled(4);
    clock.advance(1);
    expect(keys.peek(issuer.key.kid, "ES256")).toBeUndefined();
    clock.advance(1000);
    expect(await codeOf(resolve())).toBe("keys_unavailable");
    issuer.answer = null;
    clock.advance(2000);
    expect(await codeOf(resolve())).toBe("found");
  });

  it("is not blamed on the caller: an unknown key is unavailable, not unknown", async () => {
    await resolve();
    issuer.answer = down;
    expect(await codeOf(resolve("new"))).toBe("keys_unavailable");
    expect(await codeOf(resolve("new"))).toBe("keys_unavailable");
    expect(issuer.requests).toHaveLength(2);
    expect(await codeOf(resolve())).toBe("found");
  });
});
