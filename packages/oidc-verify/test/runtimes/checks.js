// Plain assertions on the built package, for any runtime: what it needs is the web's.
import { createTokenCache, createVerifier, OidcVerifyError, parseJson, parseSubject } from "@org/oidc-verify";
import { createIssuer, createManualClock } from "@org/oidc-verify/testing";

const issuer = "https://token.actions.githubusercontent.com";
let now = Date.now();
const keys = [];
let fetches = 0;

const equal = (actual, expected, what) => {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
};
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const utf8 = (text) => new TextEncoder().encode(text);

async function createKey(kid, alg) {
  const hash = `SHA-${alg.slice(2)}`;
  const params = alg.startsWith("RS")
    ? { name: "RSASSA-PKCS1-v1_5", hash, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
    : { name: "ECDSA", hash, namedCurve: `P-${alg.slice(2)}` };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(params, true, ["sign", "verify"]);
  keys.push({ ...(await crypto.subtle.exportKey("jwk", publicKey)), kid, alg, use: "sig", key_ops: ["verify"] });
  return async (claims = {}) => {
    const iat = Math.floor(now / 1000);
    const payload = {
      iss: issuer,
      aud: "checks",
      sub: "repo:octo-org/octo-repo:ref:refs/heads/main",
      jti: crypto.randomUUID(),
      iat,
      exp: iat + 300,
      repository: "octo-org/octo-repo",
      repository_owner: "octo-org",
      ref: "refs/heads/main",
      ...claims,
    };
    const input = [{ alg, kid }, payload].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
    const signature = await crypto.subtle.sign({ name: params.name, hash }, privateKey, utf8(input));
    return `${input}.${base64url(new Uint8Array(signature))}`;
  };
}

const cache = createTokenCache();
const verifier = createVerifier({
  cache,
  audience: "checks",
  trust: [{ repository: "octo-org/*", ref: "refs/heads/*" }],
  clock: () => now,
  fetch: async () => {
    fetches++;
    return new Response(JSON.stringify({ keys }), { headers: { "content-type": "application/json" } });
  },
});

async function refused(token, code) {
  try {
    await verifier.verify(token);
  } catch (error) {
    equal(error instanceof OidcVerifyError && error.code, code, "refusal");
    return error;
  }
  throw new Error(`accepted what should be refused: ${code}`);
}

const mint = await createKey("first", "RS256");
const token = await mint({ actor: "ünïcode ✓" });
const verified = await verifier.verify(token);
equal(verified.claims.actor, "ünïcode ✓", "claims");
equal(await verifier.verify(token), verified, "a remembered token");
equal(fetches, 1, "fetches");
equal(cache.bytes > token.length, true, "bytes");
const twin = await mint();
const [one, other] = await Promise.all([verifier.verify(twin), verifier.verify(twin)]);
equal(one, other, "a token verified twice at once");
equal(parseJson('{"a":[1]}').a[0], 1, "JSON");

const [header, , signature] = token.split(".");
const [, otherPayload] = (await mint({ repository: "octo-org/other" })).split(".");
await refused(`${header}.${otherPayload}.${signature}`, "signature_invalid");
await refused(`${token}=`, "token_malformed");
await refused(`${base64url(utf8('{"alg":"none"}'))}.${otherPayload}.AAAA`, "algorithm_not_allowed");
const { claims, failed } = await refused(await mint({ repository: "evil/repo" }), "untrusted");
equal(`${claims.ref} ${failed.repository}`, "refs/heads/main evil/repo", "who is refused, and why");
const { message } = await refused(await mint({ aud: "other" }), "claim_invalid");
equal(message, "Invalid audience: 'other', expected 'checks'", "message");
await refused(await mint({ exp: Math.floor(now / 1000) }), "token_expired");

for (const alg of ["RS384", "RS512", "ES256", "ES384"]) {
  const mintNew = await createKey(`new-${alg}`, alg);
  now += 30_000; // an unknown key is asked for once in that time
  await verifier.verify(await mintNew());
}
equal(fetches, 5, "fetches after rotation");
keys.shift();
now += 11 * 60_000;
await refused(token, "token_expired");
equal(parseSubject(verified.claims.sub).owner, "octo-org", "subject");

// What users test with runs wherever they test.
const clock = createManualClock();
const testIssuer = await createIssuer({ clock, audience: "checks" });
const tested = createVerifier({
  audience: "checks",
  trust: [{ repository: "octo-org/shop" }],
  clock,
  fetch: testIssuer.fetch,
});
const minted = await testIssuer.mint({ repository: "octo-org/shop", environment: "production" });
equal((await tested.verify(minted)).claims.sub, "repo:octo-org/shop:environment:production", "a minted token");
await testIssuer.rotate({ drop: true });
clock.advance(30_000);
await tested.verify(await testIssuer.mint({ repository: "octo-org/shop" }));
equal(testIssuer.requests.length, 2, "requests to the test issuer");

export const result = "every check passes";
console.log(result);
