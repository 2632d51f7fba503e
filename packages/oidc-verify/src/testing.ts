export { createIssuer, type IssuerAnswer, type IssuerOptions, type TestIssuer } from "./testing/issuer.ts";
export { createManualClock, type ManualClock } from "./testing/manual-clock.ts";
export type { MintClaims } from "./testing/mint-claims.ts";
export {
  createSigningKey,
  type JsonWebKeyMembers,
  type SigningKey,
  type SigningKeyData,
} from "./testing/signing-key.ts";
