import { type GitHubClaims, hasAudience } from "./claims.ts";
import { jsonOf, OidcVerifyError, quote } from "./errors.ts";

/**
 * Only for claims whose signature was checked: the refusal says what came, and what is expected, which is no secret.
 * @throws OidcVerifyError `claim_invalid`
 */
export function assertAudience(claims: GitHubClaims, accepted: ReadonlySet<string>): void {
  if (hasAudience(claims.aud, accepted)) return;
  const came = claims.aud === undefined ? undefined : quote(textOf(claims.aud));
  const expected = [...accepted].map((audience) => `'${quote(audience)}'`).join(" or ");
  const message = `Invalid audience: ${came === undefined ? "none" : `'${came}'`}, expected ${expected}`;
  throw new OidcVerifyError("claim_invalid", message, { claim: "aud", claims, failed: Object.freeze({ aud: came }) });
}

function textOf(aud: unknown): string {
  if (typeof aud === "string") return aud;
  const isList = Array.isArray(aud) && aud.length > 0 && aud.every((each) => typeof each === "string");
  return isList ? aud.join(", ") : jsonOf(aud);
}
