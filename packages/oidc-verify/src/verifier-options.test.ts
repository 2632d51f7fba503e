import { beforeEach, describe, expect, it } from "vitest";
import { AUDIENCE, createTokenForge } from "../test/token-forge.ts";
import { createKeyResolver, createTokenCache, createVerifier } from "./index.ts";
import { createIssuer, createManualClock } from "./testing.ts";

const START = Date.UTC(2026, 3, 1, 12);
const clock = createManualClock(START);
const issuer = await createIssuer({ clock, audience: AUDIENCE });
const { claims } = createTokenForge(issuer, START / 1000);
beforeEach(() => clock.set(START));

describe("options", () => {
  const good = { audience: AUDIENCE, trust: "any" as const };
  it.each([
    ["audience", { ...good, audience: "" }],
    ["audience", { ...good, audience: [] }],
    ["audience", { trust: "any" }],
    ["trust", { audience: AUDIENCE }],
    ["issuer", { ...good, issuer: "http://issuer.test" }],
    ["issuer", { ...good, issuer: "https://issuer.test?x" }],
    ["maxAgeSeconds", { ...good, maxAgeSeconds: 0 }],
    ["maxAgeSeconds", { ...good, maxAgeSeconds: 1.5 }],
    ["maxAgeSeconds", { ...good, maxAgeSeconds: "1200" }],
    ["enforceExpiry", { ...good, enforceExpiry: "false" }],
    ["cache", { ...good, cache: 1000 }],
    ["cache", { ...good, cache: null }],
    ["cache", { ...good, cache: { ...createTokenCache() } }],
    ["maxCachedTokens", { ...good, maxCachedTokens: 1 }],
    ["cache", { issuers: [{ ...good, cache: createTokenCache() }] }],
    ["issuers", { issuers: [] }],
    ["issuers", { issuers: [good, good] }],
    ["keys", { ...good, keys: createKeyResolver({ issuer: "https://other.test" }) }],
    ["keys", { ...good, keys: { issuer: issuer.issuer } }],
    ["keys", { ...good, keys: issuer.issuer }],
    ["keys", { ...good, keys: { issuer: issuer.issuer, peek: () => undefined } }],
    ["keys", { ...good, keys: { issuer: issuer.issuer, resolve: () => undefined } }],
    ["keys", { ...good, keys: null }],
    ["clock", { ...good, clock: START }],
    ["fetch", { ...good, fetch: null }],
    ["waitUntil", { ...good, waitUntil: {} }],
    ["issuers", { issuers: [null] }],
    ["audience", { issuers: [good], audience: AUDIENCE }],
    ["trust", { issuers: [good], trust: [{ repository: "o/r" }] }],
    ["issuer", { issuers: [good], issuer: issuer.issuer }],
    ["keys", { issuers: [good], keys: createKeyResolver({ issuer: issuer.issuer }) }],
    ["enforceExpire", { ...good, enforceExpire: true }],
    ["maxAge", { issuers: [{ ...good, maxAge: 1 }] }],
    ["maxAgeSeconds", { issuers: [{ ...good, maxAgeSeconds: 1 }] }],
  ])("with a wrong %s are the programmer's mistake: %j", (name, options) => {
    const make = () => createVerifier(options as unknown as Parameters<typeof createVerifier>[0]);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(`^${name}`));
  });

  it("take an age of one second, and an audience of one letter", async () => {
    const { verify } = createVerifier({ audience: "a", trust: "any", maxAgeSeconds: 1, clock, fetch: issuer.fetch });
    await expect(verify(await claims({ aud: "a" }))).resolves.toMatchObject({ acceptedUntil: START + 2000 });
  });

  it("take a resolver that fails later on, and tell it as an outage", async () => {
    const own = createKeyResolver({ issuer: issuer.issuer, clock, fetch: issuer.fetch });
    const state = { isBroken: false };
    const peek: typeof own.peek = (kid, alg) => {
      if (state.isBroken) throw new RangeError("no luck");
      return own.peek(kid, alg);
    };
    const { verify } = createVerifier({ ...good, clock, keys: { ...own, peek } });
    const token = await claims({});
    await verify(token);
    state.isBroken = true;
    await expect(verify(token)).rejects.toMatchObject({ code: "keys_unavailable", cause: expect.any(RangeError) });
  });

  it("take a resolver of the caller's own, whose failures are outages", async () => {
    const keys = {
      issuer: issuer.issuer,
      peek: () => undefined,
      resolve: () => Promise.reject(new RangeError("no luck")),
    };
    const { verify } = createVerifier({ ...good, clock, keys });
    await expect(verify(await claims({}))).rejects.toMatchObject({
      code: "keys_unavailable",
      cause: expect.any(RangeError),
    });
  });
});
