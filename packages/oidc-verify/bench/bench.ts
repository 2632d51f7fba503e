// What a verification costs here and elsewhere, in one run, as ratios. Absolute times are this machine's.
import { createPublicKey } from "node:crypto";
import { createIssuer } from "@org/testkit";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier as createFastVerifier } from "fast-jwt";
import { importJWK, jwtVerify } from "jose";
import { createVerifier } from "../src/index.ts";

const AUDIENCE = "goose-oidc-proxy";
const CONCURRENCY = 32;
const ROUNDS = 40;

const issuer = await createIssuer({ audience: AUDIENCE });
const tokens = await Promise.all(Array.from({ length: 256 }, () => issuer.mint()));
const foreign = await Promise.all(tokens.map(() => issuer.mint({ aud: "sts.amazonaws.com" })));

type Verify = (token: string) => unknown;
interface Contender {
  name: string;
  verify: Verify;
  tokens: readonly string[];
}

function contenders(): Contender[] {
  const options = { audience: AUDIENCE, trust: [{ repository: "octo-org/*" }], fetch: issuer.fetch } as const;
  const cold = createVerifier({ ...options, maxCachedTokens: 0 });
  const warm = createVerifier(options);
  const refused = (verify: Verify) => async (token: string) => {
    try {
      await verify(token);
    } catch {
      return;
    }
    throw new Error("accepted a foreign token");
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

/** Microseconds for one token: one after the other, or many at once. */
async function time({ verify, tokens }: Contender, concurrency: number): Promise<number> {
  const start = performance.now();
  for (let at = 0; at < tokens.length; at += concurrency) {
    await Promise.all(tokens.slice(at, at + concurrency).map(verify));
  }
  return ((performance.now() - start) * 1000) / tokens.length;
}

/** The best round: whatever else the machine does only adds. */
const best = (values: number[]) => Math.min(...values);
const all = contenders().map((contender) => ({ ...contender, alone: [] as number[], together: [] as number[] }));
// In turns, so that whatever else the machine does falls on all of them alike.
for (let round = -2; round < ROUNDS; round++) {
  for (const contender of all) {
    const [alone, together] = [await time(contender, 1), await time(contender, CONCURRENCY)];
    if (round < 0) continue; // the engine is still compiling
    contender.alone.push(alone);
    contender.together.push(together);
  }
}

const [bare] = all;
const cell = (values: number[], base: number[]) =>
  `${best(values).toFixed(1)} µs | ${(best(values) / best(base)).toFixed(2)}`;
console.log(`Node ${process.version}, RS256, 2048 bits\n`);
console.log(`| | one by one | × bare | ${CONCURRENCY} at once, each | × bare |\n|---|---|---|---|---|`);
for (const { name, alone, together } of all) {
  console.log(`| ${name} | ${cell(alone, bare?.alone ?? [])} | ${cell(together, bare?.together ?? [])} |`);
}
