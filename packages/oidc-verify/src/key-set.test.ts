import { beforeEach, describe, expect, it } from "vitest";
import { codeOf, createKeyStage, type KeyStage, MINUTE } from "../test/key-stage.ts";
import { createSigningKey } from "./testing.ts";

let stage: KeyStage;
beforeEach(async () => {
  stage = await createKeyStage();
});

describe("which keys are taken", () => {
  const rsa = createSigningKey("RS256");

  it.each<[string, (jwk: JsonWebKey) => unknown]>([
    ["no object", () => "key"],
    ["null", () => null],
    ["a list", (jwk: JsonWebKey) => [jwk]],
    ["no kid", (jwk: JsonWebKey) => ({ ...jwk, kid: undefined })],
    ["for encryption", (jwk: JsonWebKey) => ({ ...jwk, use: "enc" })],
    ["of a use that is no text", (jwk: JsonWebKey) => ({ ...jwk, use: null })],
    ["of a use that is a number", (jwk: JsonWebKey) => ({ ...jwk, use: 0 })],
    ["of a use that is a list", (jwk: JsonWebKey) => ({ ...jwk, use: ["sig"] })],
    ["of an empty use", (jwk: JsonWebKey) => ({ ...jwk, use: "" })],
    ["to sign, not to verify", (jwk: JsonWebKey) => ({ ...jwk, key_ops: ["sign"] })],
    ["for operations that are null", (jwk: JsonWebKey) => ({ ...jwk, key_ops: null })],
    ["for operations that are a text", (jwk: JsonWebKey) => ({ ...jwk, key_ops: "verify" })],
    ["for operations that are an object", (jwk: JsonWebKey) => ({ ...jwk, key_ops: { 0: "verify", length: 1 } })],
    ["for no operation", (jwk: JsonWebKey) => ({ ...jwk, key_ops: [] })],
    ["for an operation that is no text", (jwk: JsonWebKey) => ({ ...jwk, key_ops: ["verify", null] })],
    ["for an operation that is a list", (jwk: JsonWebKey) => ({ ...jwk, key_ops: [["verify"]] })],
    ["for one operation twice", (jwk: JsonWebKey) => ({ ...jwk, key_ops: ["verify", "verify"] })],
    ["to verify and to encrypt", (jwk: JsonWebKey) => ({ ...jwk, key_ops: ["verify", "encrypt"] })],
    ["of an algorithm that is null", (jwk: JsonWebKey) => ({ ...jwk, alg: null })],
    ["of an algorithm that is a number", (jwk: JsonWebKey) => ({ ...jwk, alg: 256 })],
    ["of an algorithm that is a list", (jwk: JsonWebKey) => ({ ...jwk, alg: ["RS256"] })],
    ["of another algorithm", (jwk: JsonWebKey) => ({ ...jwk, alg: "PS256" })],
    ["of a type unlike its algorithm", (jwk: JsonWebKey) => ({ ...jwk, alg: "ES256" })],
    ["symmetric", () => ({ kty: "oct", k: "AAAA", kid: "this", alg: "HS256" })],
    ["private", (jwk: JsonWebKey) => ({ ...jwk, d: "AAAA" })],
    ...["p", "q", "dp", "dq", "qi", "oth", "k"].map((member): [string, (jwk: JsonWebKey) => unknown] => [
      `private in part, by ${member}`,
      (jwk) => ({ ...jwk, [member]: "AAAA" }),
    ]),
    ["with the exponent 1", (jwk: JsonWebKey) => ({ ...jwk, e: "AQ" })],
    ["with the exponent 1, padded", (jwk: JsonWebKey) => ({ ...jwk, e: "AAAB" })],
    ["with an even exponent", (jwk: JsonWebKey) => ({ ...jwk, e: "AQAA" })],
    ["without modulus", (jwk: JsonWebKey) => ({ ...jwk, n: undefined })],
    ["with a modulus in a list", (jwk: JsonWebKey) => ({ ...jwk, n: [jwk.n] })],
    ["with an exponent in a list", (jwk: JsonWebKey) => ({ ...jwk, e: [jwk.e] })],
    ["with a broken modulus", (jwk: JsonWebKey) => ({ ...jwk, n: "*" })],
  ])("none that is %s, and it spoils no other", async (_, spoil) => {
    const spoiled = spoil({ ...(await rsa).publicJwk, kid: "this" } as JsonWebKey) as never;
    stage.issuer.keys.unshift(spoiled);
    expect(await codeOf(stage.resolve())).toBe("found");
    expect(await codeOf(stage.keys.resolve("this", "RS256"))).toBe("key_not_found");
  });

  it("none of EC whose algorithm is null", async () => {
    stage.issuer.keys.push({ ...stage.issuer.key.publicJwk, alg: null, kid: "null" } as never);
    expect(await codeOf(stage.keys.resolve("null", "ES256"))).toBe("key_not_found");
  });

  it.each([[["verify"]], [["sign", "verify"]]])("one whose operations are %j", async (key_ops) => {
    stage.issuer.keys.push({ ...(await rsa).publicJwk, key_ops, kid: "this" } as never);
    expect(await codeOf(stage.keys.resolve("this", "RS256"))).toBe("found");
  });

  it("one of RSA with the exponent 3, the least that there is", async () => {
    stage.issuer.keys.push({ ...(await rsa).publicJwk, e: "Aw", kid: "this" });
    expect(await codeOf(stage.keys.resolve("this", "RS256"))).toBe("found");
  });

  it("none of RSA below 2048 bits", async () => {
    const short = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 1024 };
    const params = { ...short, publicExponent: new Uint8Array([1, 0, 1]) };
    const { publicKey } = (await crypto.subtle.generateKey(params, true, ["sign", "verify"])) as CryptoKeyPair;
    const jwk = (await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey;
    stage.issuer.keys.push({ ...jwk, kid: "short", alg: "RS256", use: "sig" });
    expect(await codeOf(stage.keys.resolve("short", "RS256"))).toBe("key_not_found");
  });

  it("RSA without alg for RS256 alone, EC without alg by its curve", async () => {
    stage.issuer.keys.push({ ...(await rsa).publicJwk, alg: undefined, kid: "rsa" } as never);
    stage.issuer.keys.push({ ...stage.issuer.key.publicJwk, alg: undefined, kid: "ec" } as never);
    expect(await codeOf(stage.keys.resolve("rsa", "RS256"))).toBe("found");
    expect(await codeOf(stage.keys.resolve("rsa", "RS512"))).toBe("algorithm_not_allowed");
    expect(await codeOf(stage.keys.resolve("ec", "ES256"))).toBe("found");
    expect(await codeOf(stage.keys.resolve("ec", "ES384"))).toBe("algorithm_not_allowed");
    expect(stage.keys.peek("ec", "ES256")).toBeDefined();
    expect(stage.keys.peek("ec", "ES384")).toBeUndefined();
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
