import { beforeEach, describe, expect, it } from "vitest";
import { AUDIENCE, createTokenForge } from "../test/token-forge.ts";
import { createTokenCache, createVerifier, type SingleIssuerOptions, type Verifier } from "./index.ts";
import { createIssuer, createManualClock } from "./testing.ts";

const START = Date.UTC(2026, 3, 1, 12);
const NOW = START / 1000;
const clock = createManualClock(START);
const issuer = await createIssuer({ clock, audience: AUDIENCE });
const { payload, header, claims, headed } = createTokenForge(issuer, NOW);

let verifier: Verifier;
beforeEach(() => {
  clock.set(START);
  issuer.answer = null;
  issuer.requests.length = 0;
  verifier = createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: issuer.fetch });
});

const parts = async () => (await claims({})).split(".") as [string, string, string];
const fiftyProperties = () =>
  Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`repo_property_${i}`, "x".repeat(200)]));

describe("accepts", () => {
  it.each([
    ["fifty custom properties", () => claims(fiftyProperties())],
    ["a list of audiences with ours", () => claims({ aud: ["other", AUDIENCE] })],
    ["claims it does not know, however deep", () => claims({ extra: JSON.parse("[".repeat(2000) + "]".repeat(2000)) })],
    ["a deployment without ref", () => claims({ ref: "" })],
    ["a clock that is a minute ahead", () => claims({ iat: NOW + 60, nbf: NOW + 60 })],
    ["an id of 256 characters", () => claims({ jti: "x".repeat(256) })],
    ["no nbf", () => claims({ nbf: undefined })],
    ["blanks and escapes in its JSON", () => issuer.signRaw(header(), payload({ x: 'a":\\u0022' }).replace("{", "{ "))],
    ["x5t in the header, as GitHub sends", () => headed({ x5t: "abc" })],
  ])("%s", async (_, token) => {
    expect((await verifier.verify(await token())).claims.repository).toBe("o/r");
  });

  it("each algorithm that a key declares", async () => {
    for (const alg of ["RS384", "RS512", "ES256", "ES384"] as const) {
      const other = await createIssuer({ clock, alg, audience: AUDIENCE });
      const { verify } = createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: other.fetch });
      expect((await verify(await other.mint())).claims.iss).toBe(other.issuer);
    }
  });

  it("and keeps unknown claims, frozen to the bottom", async () => {
    const { claims: verified } = await verifier.verify(await claims({ repo_property_tier: "gold", x: { y: [1] } }));
    expect(verified).toMatchObject({ repo_property_tier: "gold", x: { y: [1] } });
    expect([verified, verified.x, (verified.x as { y: unknown }).y].every(Object.isFrozen)).toBe(true);
  });
});

describe("time", () => {
  const make = (rules: { maxAgeSeconds?: number; enforceExpiry?: boolean }) =>
    createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: issuer.fetch, ...rules });

  it.each([
    [{}, NOW + 300, "token_expired"],
    [{ maxAgeSeconds: 1200 }, NOW + 1201, "token_too_old"],
    [{ maxAgeSeconds: 1200, enforceExpiry: true }, NOW + 300, "token_expired"],
    [{ maxAgeSeconds: 100, enforceExpiry: true }, NOW + 101, "token_too_old"],
    [{ enforceExpiry: true }, NOW + 300, "token_expired"],
  ])("with %j ends exactly at %d", async (rules, end, code) => {
    const [cached, uncached] = [make(rules), make({ ...rules })];
    const token = await claims({});
    expect((await cached.verify(token)).acceptedUntil).toBe(end * 1000);
    clock.set(end * 1000 - 1);
    await cached.verify(token);
    await uncached.verify(token);
    clock.set(end * 1000);
    await expect(cached.verify(token)).rejects.toMatchObject({ code });
    await expect(make(rules).verify(token)).rejects.toMatchObject({ code });
  });

  it("is judged again once the keys have come", async () => {
    issuer.answer = () => {
      clock.advance(300_000);
      return Response.json({ keys: issuer.keys });
    };
    await expect(verifier.verify(await claims({}))).rejects.toMatchObject({ code: "token_expired" });
  });

  it("is judged for a remembered token too when the clock is set back", async () => {
    const token = await claims({});
    await verifier.verify(token);
    clock.advance(-61_000);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "token_not_yet_valid" });
    clock.set(START);
    await verifier.verify(token);
  });
});

describe("remembered tokens", () => {
  it("are the same object and cost no signature", async () => {
    const token = await claims({});
    expect(await verifier.verify(token)).toBe(await verifier.verify(token));
  });

  it("are told apart by every character", async () => {
    const [head, body, sign] = await parts();
    await verifier.verify([head, body, sign].join("."));
    const other = `${sign[0] === "A" ? "B" : "A"}${sign.slice(1)}`;
    await expect(verifier.verify([head, body, other].join("."))).rejects.toMatchObject({ code: "signature_invalid" });
  });

  it("are forgotten with their key, and kept when it stays", async () => {
    const background: Promise<unknown>[] = [];
    const own = await createIssuer({ clock, audience: AUDIENCE });
    const { verify } = createVerifier({
      audience: AUDIENCE,
      trust: "any",
      clock,
      fetch: own.fetch,
      maxAgeSeconds: 7200,
      waitUntil: (work) => background.push(work),
    });
    const [token, other] = [await own.mint(), await own.mint()];
    const first = await verify(token);
    clock.advance(11 * 60_000);
    await verify(other); // stale: refreshes in the background
    await Promise.all(background);
    expect(own.requests).toHaveLength(2);
    expect(await verify(token)).toBe(first);
    await own.rotate({ drop: true });
    await expect(verify(await own.mint())).resolves.toBeDefined(); // an unknown key: refreshes
    await expect(verify(token)).rejects.toMatchObject({ code: "key_not_found" });
  });

  it("are as many as there is room for, the last used ones", async () => {
    const tokens = [await claims({ jti: "a" }), await claims({ jti: "b" }), await claims({ jti: "c" })] as const;
    const bytesOf = async (token: string) => {
      const cache = createTokenCache();
      await make({ cache }).verify(token);
      return cache.bytes;
    };
    const cache = createTokenCache({ maxBytes: 2 * (await bytesOf(tokens[0])) });
    const { verify } = make({ cache });
    const [a, b, c] = tokens;
    const [firstA, firstB] = [await verify(a), await verify(b)];
    await verify(a);
    await verify(c);
    expect(await verify(a)).toBe(firstA);
    expect(await verify(b)).not.toBe(firstB);
  });

  it("can be none", async () => {
    const { verify } = make({ cache: createTokenCache({ maxBytes: 0 }) });
    const token = await claims({});
    expect(await verify(token)).not.toBe(await verify(token));
  });

  it("of verifiers that share a cache are each one's own, within one budget", async () => {
    const cache = createTokenCache();
    const open = make({ cache });
    const closed = make({ cache, trust: [{ repository: "a/b" }] });
    const elsewhere = make({ cache, audience: "elsewhere" });
    const token = await claims({});
    const first = await open.verify(token);
    await expect(closed.verify(token)).rejects.toMatchObject({ code: "untrusted" });
    await expect(elsewhere.verify(token)).rejects.toMatchObject({ code: "claim_invalid", claim: "aud" });
    const { bytes } = cache;
    expect(await make({ cache }).verify(token)).not.toBe(first);
    expect(cache.bytes).toBe(2 * bytes);
    expect(await open.verify(token)).toBe(first);
  });

  it("are forgotten once they have ended, by all that share the cache", async () => {
    const cache = createTokenCache();
    const idle = make({ cache });
    await Promise.all(["a", "b", "c"].map(async (jti) => idle.verify(await claims({ jti }))));
    clock.advance(300_000);
    const other = make({ cache });
    await other.verify(await claims({ iat: NOW + 300, exp: NOW + 600 }));
    const { bytes } = cache;
    clock.advance(300_000);
    await other.verify(await claims({ iat: NOW + 600, exp: NOW + 900 }));
    expect(cache.bytes).toBe(bytes); // of one token
  });

  it("are one object for all who ask at once", async () => {
    const { verify } = make({});
    const token = await claims({});
    const [first, ...others] = await Promise.all([verify(token), verify(token), verify(token), verify(token)]);
    for (const other of [...others, await verify(token)]) expect(other).toBe(first);
  });
});

function make(options: Partial<SingleIssuerOptions>): Verifier {
  return createVerifier({ audience: AUDIENCE, trust: "any", clock, fetch: issuer.fetch, ...options });
}

describe("several issuers", () => {
  it("have each their own audience, keys and rules", async () => {
    const theirs = await createIssuer({ issuer: "https://ghe.octo.test/_services/token", clock });
    const fetch: typeof globalThis.fetch = (input, init) =>
      (new Request(input, init).url.startsWith(theirs.issuer) ? theirs : issuer).fetch(input, init);
    const { verify } = createVerifier({
      issuers: [
        { audience: AUDIENCE, trust: [{ repository_owner: "octo-org" }] },
        { issuer: `${theirs.issuer}/`, audience: "theirs", trust: [{ repository_owner: "octo" }] },
      ],
      clock,
      fetch,
    });
    await verify(await issuer.mint());
    await verify(await theirs.mint({ aud: "theirs", repository_owner: "octo" }));
    for (const [token, code] of [
      [theirs.mint({ aud: AUDIENCE, repository_owner: "octo" }), "claim_invalid"],
      [theirs.mint({ aud: "theirs" }), "untrusted"],
      [theirs.mint({ iss: issuer.issuer }), "key_not_found"],
      [theirs.mint({ iss: issuer.issuer }, { kid: issuer.key.kid }), "signature_invalid"],
      [theirs.mint({ aud: "theirs", repository_owner: "octo" }, { kid: issuer.key.kid }), "key_not_found"],
    ] as const) {
      await expect(verify(await token)).rejects.toMatchObject({ code });
    }
  });
});
