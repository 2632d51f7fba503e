import { createSigningKey } from "@org/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { codeOf, createKeyStage, type KeyStage, MINUTE } from "../test/key-stage.ts";

let stage: KeyStage;
beforeEach(async () => {
  stage = await createKeyStage();
});

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
    stage.issuer.keys.unshift(spoiled);
    expect(await codeOf(stage.resolve())).toBe("found");
    expect(await codeOf(stage.keys.resolve("this", "RS256"))).toBe("key_not_found");
  });

  it("none of RSA below 2048 bits", async () => {
    const short = await createSigningKey("RS256", 1024);
    stage.issuer.keys.push(short.publicJwk);
    expect(await codeOf(stage.keys.resolve(short.kid, "RS256"))).toBe("key_not_found");
  });

  it("RSA without alg for RS256 alone, EC without alg by its curve", async () => {
    stage.issuer.keys.push({ ...(await rsa).publicJwk, alg: undefined, kid: "rsa" } as never);
    stage.issuer.keys.push({ ...stage.issuer.key.publicJwk, alg: undefined, kid: "ec" } as never);
    expect(await codeOf(stage.keys.resolve("rsa", "RS256"))).toBe("found");
    expect(await codeOf(stage.keys.resolve("rsa", "RS512"))).toBe("algorithm_not_allowed");
    expect(await codeOf(stage.keys.resolve("ec", "ES256"))).toBe("found");
    expect(await codeOf(stage.keys.resolve("ec", "ES384"))).toBe("algorithm_not_allowed");
  });

  it("the one whose algorithm fits, of two with one name", async () => {
    stage.issuer.keys.push({ ...(await rsa).publicJwk, kid: stage.issuer.key.kid });
    expect((await stage.keys.resolve(stage.issuer.key.kid, "RS256")).algorithm.name).toBe("RSASSA-PKCS1-v1_5");
    expect((await stage.keys.resolve(stage.issuer.key.kid, "ES256")).algorithm.name).toBe("ECDSA");
  });

  it("the first, of two with one name and one algorithm", async () => {
    stage.issuer.keys.push({ ...(await createSigningKey("ES256")).publicJwk, kid: stage.issuer.key.kid });
    const first = await stage.resolve();
    stage.issuer.keys.reverse();
    stage.clock.advance(11 * MINUTE);
    await stage.resolve();
    await expect.poll(() => stage.keys.peek(stage.issuer.key.kid, "ES256") !== first).toBe(true);
  });

  it("a new one that has taken an old one's name", async () => {
    const old = await stage.resolve();
    const next = await createSigningKey("ES256");
    stage.issuer.keys[0] = { ...next.publicJwk, kid: stage.issuer.key.kid };
    stage.clock.advance(11 * MINUTE);
    await stage.resolve();
    await stage.settled(2);
    await expect.poll(() => stage.keys.peek(stage.issuer.key.kid, "ES256") !== old).toBe(true);
  });
});
