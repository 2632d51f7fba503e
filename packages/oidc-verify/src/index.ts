export type { Algorithm } from "./algorithm.ts";
export type { GitHubClaims, KnownClaims } from "./claims.ts";
export { OidcVerifyError, type OidcVerifyErrorCode, type OidcVerifyErrorOptions } from "./errors.ts";
export { dataResidencyIssuer, enterpriseIssuer, enterpriseServerIssuer, GITHUB_ISSUER } from "./issuers.ts";
export { parseJson } from "./json.ts";
export { createKeyResolver, type KeyResolver, type KeyResolverOptions } from "./keys.ts";
export { type HeaderCarrier, readBearer } from "./read-bearer.ts";
export { type GitHubSubject, parseSubject, type Subject } from "./subject.ts";
export { createTokenCache, type TokenCache, type TokenCacheOptions } from "./token-cache.ts";
export {
  type ClaimExplanation,
  type RuleExplanation,
  readTrustRules,
  type Trust,
  type TrustClaim,
  type TrustExplanation,
  type TrustRule,
  type TrustRules,
} from "./trust.ts";
export { createVerifier, type VerifiedToken, type Verifier } from "./verifier.ts";
export type {
  IssuerOptions,
  MultiIssuerOptions,
  SharedOptions,
  SingleIssuerOptions,
  VerifierOptions,
} from "./verifier-options.ts";
