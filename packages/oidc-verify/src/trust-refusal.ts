import type { ClaimCheck } from "./claim-check.ts";
import { quote } from "./errors.ts";

/** Why no rule admits a token. */
export interface TrustRefusal {
  readonly message: string;
  /** The claim that decided, if it was one claim. */
  readonly claim?: string;
  /** Each claim that failed in a rule, in order, with the token's own value as it may be shown. */
  readonly failed: Readonly<Record<string, string | undefined>>;
}

type Claims = Readonly<Record<string, unknown>>;

/** Says why, of a token that none of the rules admits. Nothing of it is a rule's value. */
export function refuse(rules: readonly (readonly ClaimCheck[])[], claims: Claims): TrustRefusal {
  const failures = rules.map((checks) => checks.filter((check) => !check.matches(claims)));
  const values = new Map(failures.flat().map((check) => [check.claim, quoted(check.actual(claims))]));
  const failed = Object.freeze(Object.fromEntries(values));
  const [claim, ...others] = new Set(failures.map(blame));
  if (claim === undefined || others.length > 0) {
    return { message: `Not allowed by trust policy: ${[...values.keys()].map(quote).join(", ")}`, failed };
  }
  const value = `'${failed[claim] ?? ""}'`;
  if (claim === "repository") return { message: `Repository ${value} not allowed`, claim, failed };
  if (claim === "ref") return { message: `Ref ${value} not allowed`, claim, failed };
  return { message: `Not allowed by trust policy: ${quote(claim)}`, claim, failed };
}

/** The one claim for which a rule refused. A wrong repository outweighs a wrong ref: the ref of a stranger tells nothing. */
function blame(failures: readonly ClaimCheck[]): string | undefined {
  const failed = failures.map(({ claim }) => claim);
  if (failed.length === 1) return failed[0];
  return failed.length === 2 && failed.includes("repository") && failed.includes("ref") ? "repository" : undefined;
}

function quoted(value: string | undefined): string | undefined {
  return value === undefined ? undefined : quote(value);
}
