/** What went wrong between a caller and the upstream. */
export type ProxyErrorCode =
  | "missing_token"
  | "route_not_allowed"
  | "method_not_allowed"
  | "upstream_unreachable"
  | "upstream_timeout";

/** Texts that a caller may see: they quote nothing of the request and nothing of the upstream. */
const TEXTS: Record<ProxyErrorCode, string> = {
  missing_token: "Missing authentication",
  route_not_allowed: "Route not allowed",
  method_not_allowed: "Method not allowed",
  upstream_unreachable: "Upstream unreachable",
  upstream_timeout: "Upstream timeout",
};

/** The only error that this package throws for hostile input or an ill upstream. `message` is safe to show to the caller. */
export class ProxyError extends Error {
  override readonly name: string = "ProxyError";
  /** Which of the cases it is. Stable: program against this, not against `message`. */
  readonly code: ProxyErrorCode;

  /** `cause` is for the operator's log only: it can name the upstream's address. */
  constructor(code: ProxyErrorCode, cause?: unknown) {
    super(TEXTS[code], cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
