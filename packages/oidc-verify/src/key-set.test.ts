import { createIssuer, createManualClock, createSigningKey, type ManualClock, type TestIssuer } from "@org/testkit";
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
/** Background work is done once the issuer was asked so often and its answer was read. */
const settled = async (requests: number) => {
  await expect.poll(() => issuer.requests.length).toBe(requests);
  await new Promise((done) => setTimeout(done, 0));
};

describe("which keys are taken", () => {
  const rsa = createSigningKey("RS256");

  it.each([
    ["no object", () => "key"],
    ["no kid", (jwk: JsonWebKey) => ({ ...jwk, kid: undefined })],
    ["for encryption", (jwk: JsonWebKey) => ({ ...jwk, use: "enc" })],
    ["to sign, not to verify", (jwk: JsonWebKey) => ({ ...jwk, key_ops: ["sign"] })],
    ["of another algorithm", (jwk: JsonWebKey) => ({ ...jwk, alg: "PS256" })],
    ["of a type unlike its algorithm", (jwk: JsonWebKey) => ({ ...jwk, alg: "ES256" })],
    ["symmetric", () => ({ kty: "oct", k: "AAAA", kid: "this", alg: "HS256" })],
    ["private", (jwk: JsonWebKey) => ({ ...jwk, d: "AAAA" })],
    ["private in part", (jwk: JsonWebKey) => ({ ...jwk, q: "AAAA" })],
    ["with the exponent 1", (jwk: JsonWebKey) => ({ ...jwk, e: "AQ" })],
    ["with the exponent 1, padded", (jwk: JsonWebKey) => ({ ...jwk, e: "AAAB" })],
    ["with an even exponent", (jwk: JsonWebKey) => ({ ...jwk, e: "AQAA" })],
    ["without modulus", (jwk: JsonWebKey) => ({ ...jwk, n: undefined })],
    ["with a broken modulus", (jwk: JsonWebKey) => ({ ...jwk, n: "*" })],
  ])("none that is %s, and it spoils no other", async (_, spoil) => {
    const spoiled = spoil({ ...(await rsa).publicJwk, kid: "this" } as JsonWebKey) as never;
    issuer.keys.unshift(spoiled);
    expect(await codeOf(resolve())).toBe("found");
    expect(await codeOf(keys.resolve("this", "RS256"))).toBe("key_not_found");
  });

  it("none of RSA below 2048 bits", async () => {
    const short = await createSigningKey("RS256", 1024);
    issuer.keys.push(short.publicJwk);
    expect(await codeOf(keys.resolve(short.kid, "RS256"))).toBe("key_not_found");
  });

  it("RSA without alg for RS256 alone, EC without alg by its curve", async () => {
    issuer.keys.push({ ...(await rsa).publicJwk, alg: undefined, kid: "rsa" } as never);
    issuer.keys.push({ ...issuer.key.publicJwk, alg: undefined, kid: "ec" } as never);
    expect(await codeOf(keys.resolve("rsa", "RS256"))).toBe("found");
    expect(await codeOf(keys.resolve("rsa", "RS512"))).toBe("algorithm_not_allowed");
    expect(await codeOf(keys.resolve("ec", "ES256"))).toBe("found");
    expect(await codeOf(keys.resolve("ec", "ES384"))).toBe("algorithm_not_allowed");
  });

  it("the one whose algorithm fits, of two with one name", async () => {
    issuer.keys.push({ ...(await rsa).publicJwk, kid: issuer.key.kid });
    expect((await keys.resolve(issuer.key.kid, "RS256")).algorithm.name).toBe("RSASSA-PKCS1-v1_5");
    expect((await keys.resolve(issuer.key.kid, "ES256")).algorithm.name).toBe("ECDSA");
  });

  it("the first, of two with one name and one algorithm", async () => {
    issuer.keys.push({ ...(await createSigningKey("ES256")).publicJwk, kid: issuer.key.kid });
    const first = await resolve();
    issuer.keys.reverse();
    clock.advance(11 * MINUTE);
    await resolve();
    await expect.poll(() => keys.peek(issuer.key.kid, "ES256") !== first).toBe(true);
  });

  it("a new one that has taken an old one's name", async () => {
    const old = await resolve();
    const next = await createSigningKey("ES256");
    issuer.keys[0] = { ...next.publicJwk, kid: issuer.key.kid };
    clock.advance(11 * MINUTE);
    await resolve();
    await settled(2);
    await expect.poll(() => keys.peek(issuer.key.kid, "ES256") !== old).toBe(true);
  });
});
