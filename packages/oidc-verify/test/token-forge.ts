import type { TestIssuer } from "../src/testing.ts";

/** Signs tokens of an issuer with any claims and header, however wrong. */
export interface TokenForge {
  payload(changes?: Record<string, unknown>): string;
  header(changes?: Record<string, unknown>): string;
  /** Signed genuinely, with these claims. */
  claims(changes: Record<string, unknown>): Promise<string>;
  /** Signed genuinely, with this header. */
  headed(changes: Record<string, unknown>): Promise<string>;
}

export const AUDIENCE = "goose-oidc-proxy";

/** @param iat epoch seconds */
export function createTokenForge(issuer: TestIssuer, iat: number): TokenForge {
  const required = {
    iss: issuer.issuer,
    sub: "repo:o/r:ref:refs/heads/main",
    aud: AUDIENCE,
    jti: "an-id",
    iat,
    exp: iat + 300,
    repository: "o/r",
    repository_owner: "o",
    ref: "refs/heads/main",
  };
  const payload: TokenForge["payload"] = (changes) => JSON.stringify({ ...required, ...changes });
  const header: TokenForge["header"] = (changes) =>
    JSON.stringify({ alg: "RS256", kid: issuer.key.kid, typ: "JWT", ...changes });
  return {
    payload,
    header,
    claims: (changes) => issuer.signRaw(header(), payload(changes)),
    headed: (changes) => issuer.signRaw(header(changes), payload()),
  };
}
