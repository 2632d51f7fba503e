import { beforeEach, describe, expect, it } from "vitest";
import { codeOf, createKeyStage, type KeyStage } from "../test/key-stage.ts";
import { createIssuer } from "./testing.ts";

const ISSUER = "https://issuer.test";
let stage: KeyStage;
beforeEach(async () => {
  stage = await createKeyStage();
});

describe("where keys come from", () => {
  it("is one known address for github.com", async () => {
    await stage.resolve();
    expect(stage.issuer.requests).toEqual(["https://token.actions.githubusercontent.com/.well-known/jwks"]);
  });

  it("is one known address for an enterprise on github.com", async () => {
    const octo = await createIssuer({ issuer: `${stage.issuer.issuer}/octo`, alg: "ES256" });
    await stage.make({ issuer: octo.issuer, fetch: octo.fetch }).resolve(octo.key.kid, "ES256");
    expect(octo.requests).toEqual(["https://token.actions.githubusercontent.com/octo/.well-known/jwks"]);
  });

  it("is discovery for any other, a trailing slash ignored", async () => {
    const other = await createIssuer({ issuer: ISSUER, alg: "ES256" });
    await stage.make({ issuer: `${ISSUER}/`, fetch: other.fetch }).resolve(other.key.kid, "ES256");
    expect(other.requests).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/.well-known/jwks`]);
  });

  it.each([
    [100 * 1024, "found"],
    [100 * 1024 + 1, "keys_unavailable"],
  ])("is an answer of %i bytes: %s", async (bytes, code) => {
    const text = JSON.stringify({ keys: stage.issuer.keys });
    stage.issuer.answer = () => new Response(text.padEnd(bytes));
    expect(await codeOf(stage.resolve())).toBe(code);
  });

  it.each([
    ["another issuer", { issuer: "https://evil.test", jwks_uri: `${ISSUER}/.well-known/jwks` }],
    ["an issuer with a slash", { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}/.well-known/jwks` }],
    ["plain http", { issuer: ISSUER, jwks_uri: "http://issuer.test/.well-known/jwks" }],
    ["another scheme", { issuer: ISSUER, jwks_uri: "data:application/json,{}" }],
    ["no address", { issuer: ISSUER }],
    ["a list", []],
  ])("refuses discovery with %s", async (_, document) => {
    const other = await createIssuer({ issuer: ISSUER, alg: "ES256" });
    other.answer = ({ url }) => Response.json(url.endsWith("/jwks") ? { keys: other.keys } : document);
    const resolver = stage.make({ issuer: ISSUER, fetch: other.fetch });
    expect(await codeOf(resolver.resolve(other.key.kid, "ES256"))).toBe("keys_unavailable");
    expect(other.requests).toHaveLength(1);
  });

  it.each([
    "ftp://issuer.test",
    "http://issuer.test",
    "https://u:p@issuer.test",
    "https://issuer.test/#x",
    "issuer",
    "",
  ])("cannot be the issuer %j", (name) => {
    expect(() => stage.make({ issuer: name })).toThrow(TypeError);
  });

  it.each(["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])("may be the loopback issuer %s", (name) => {
    expect(stage.make({ issuer: name }).issuer).toBe(name);
  });
});
