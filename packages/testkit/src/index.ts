export { type ClaimsOptions, githubClaims } from "./claims.ts";
export { createManualClock, type ManualClock } from "./clock.ts";
export {
  createIssuer,
  createSigningKey,
  discoveryDocument,
  GITHUB_ISSUER,
  type IssuerOptions,
  importSigningKey,
  type SigningAlgorithm,
  type SigningKey,
  type SigningKeyData,
  type TestIssuer,
} from "./issuer.ts";
export type { ScriptedAnswer } from "./scripted-answer.ts";
