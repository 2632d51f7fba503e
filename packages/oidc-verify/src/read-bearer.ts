import { OidcVerifyError } from "./errors.ts";

/** The part of the web's `Headers` that is needed. */
interface HeaderReader {
  /** The value of a header, `null` without one. */
  get(name: string): string | null;
}

/** A request of any framework: the web's headers, or an object of them as Node has it. */
export interface HeaderCarrier {
  /** Something with `get`, as the web's `Headers`, or names and values; names without case. */
  readonly headers: HeaderReader | Readonly<Record<string, unknown>>;
}

/**
 * The token of `Authorization: Bearer …`, for {@link Verifier.verify}. The scheme is read without case (RFC 9110, section 11.1).
 * No other header is read, nor the query (RFC 6750, section 2.3 advises against it).
 *
 * @throws OidcVerifyError `missing_token`: there is no such header, or it has another scheme
 */
export function readBearer(request: HeaderCarrier): string {
  const headers = request.headers ?? {}; // some gateways leave them out
  const value = "get" in headers && typeof headers.get === "function" ? headers.get("authorization") : find(headers);
  const token = typeof value === "string" ? /^Bearer +(\S.*)$/i.exec(value)?.[1] : undefined;
  if (token === undefined) throw new OidcVerifyError("missing_token", "Missing authentication");
  return token;
}

function find(headers: object): unknown {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization")?.[1];
}
