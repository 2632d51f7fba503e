// What a verification costs here and elsewhere, in one run, as ratios. Absolute times are this machine's.
import { createPublicKey } from "node:crypto";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier as createFastVerifier } from "fast-jwt";
import { importJWK, jwtVerify } from "jose";
import { measure } from "mitata";
import { createTokenCache, createVerifier } from "../src/index.ts";
import { createIssuer } from "../src/testing.ts";

const AUDIENCE = "goose-oidc-proxy";
const ROUNDS = 8;

const issuer = await createIssuer({ audience: AUDIENCE });
const tokens = await Promise.all(Array.from({ length: 256 }, () => issuer.mint()));
const expired = await Promise.all(tokens.map(() => issuer.mint({ exp: 1 })));
const foreign = await Promise.all(tokens.map(() => issuer.mint({ aud: "sts.amazonaws.com" })));

type Verify = (token: string) => unknown;
interface Contender {
  name: string;
  verify: Verify;
  tokens: readonly string[];
}

function contenders(): Contender[] {
  const options = { audience: AUDIENCE, trust: [{ repository: "octo-org/*" }], fetch: issuer.fetch } as const;
  const cold = createVerifier({ ...options, cache: createTokenCache({ maxBytes: 0 }) });
  const warm = createVerifier(options);
  const refused = (verify: Verify) => async (token: string) => {
    try {
      await verify(token);
    } catch {
      return;
    }
    throw new Error("accepted what must be refused");
  };
  const peers: [string, Verify][] = [
    ["jose.jwtVerify", joseVerify],
    ["aws-jwt-verify", awsVerify],
    ["fast-jwt, no cache", fastVerify],
  ];
  return [
    { name: "crypto.subtle.verify + parse", verify: bareVerify, tokens },
    { name: "oidc-verify, first use", verify: cold.verify, tokens },
    { name: "oidc-verify, later use", verify: warm.verify, tokens },
    { name: "oidc-verify, later use, read anew from bytes", verify: (token) => warm.verify(fresh(token)), tokens },
    ...peers.map(([name, verify]) => ({ name, verify, tokens })),
    { name: "oidc-verify, refusal before the signature", verify: refused(cold.verify), tokens: expired },
    { name: "oidc-verify, refusal", verify: refused(cold.verify), tokens: foreign },
    ...peers.map(([name, verify]) => ({ name: `${name}, refusal`, verify: refused(verify), tokens: foreign })),
  ];
}

/** As a request brings it: a new string, whose hash nobody has computed. The copy itself is in the time. */
function fresh(token: string): string {
  return Buffer.from(token, "latin1").toString("latin1");
}

const { publicJwk } = issuer.key;
const key = (await importJWK(publicJwk, "RS256")) as CryptoKey;
const encoder = new TextEncoder();

function bareVerify(token: string): Promise<boolean> {
  const [header = "", payload = "", signature = ""] = token.split(".");
  for (const part of [header, payload]) JSON.parse(Buffer.from(part, "base64url").toString());
  const data = encoder.encode(`${header}.${payload}`);
  return crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, Buffer.from(signature, "base64url"), data);
}

function joseVerify(token: string): Promise<unknown> {
  return jwtVerify(token, key, { issuer: issuer.issuer, audience: AUDIENCE });
}

const aws = JwtVerifier.create({
  issuer: issuer.issuer,
  audience: AUDIENCE,
  jwksUri: `${issuer.issuer}/.well-known/jwks`,
});
aws.cacheJwks({ keys: issuer.keys as never });
function awsVerify(token: string): Promise<unknown> {
  return aws.verify(token);
}

const pem = createPublicKey({ key: publicJwk as never, format: "jwk" }).export({ type: "spki", format: "pem" });
const fast = createFastVerifier({
  key: pem as string,
  algorithms: ["RS256"],
  allowedIss: issuer.issuer,
  allowedAud: AUDIENCE,
  cache: false,
});
function fastVerify(token: string): unknown {
  return fast(token);
}

/** Microseconds for one token, the median of a while. */
async function time({ verify, tokens }: Contender): Promise<number> {
  let next = 0;
  const { p50 } = await measure(async () => verify(tokens[next++ % tokens.length] ?? ""), { min_cpu_time: 50e6 });
  return p50 / 1000;
}

const all = contenders().map((contender) => ({ ...contender, times: [] as number[] }));
// In turns, so that whatever else the machine does falls on all of them alike; and the best turn, as it only ever adds.
for (let round = 0; round < ROUNDS; round++) {
  for (const contender of all) contender.times.push(await time(contender));
}

const best = (values: readonly number[]) => Math.min(...values);
const bare = best(all[0]?.times ?? []);
console.log(`Node ${process.version}, RS256, 2048 bits, tokens one after the other\n`);
console.log("| | time | × bare |\n|---|---|---|");
for (const { name, times } of all) {
  console.log(`| ${name} | ${best(times).toFixed(1)} µs | ${(best(times) / bare).toFixed(3)} |`);
}
