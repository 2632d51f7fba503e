/** What went wrong between a caller and the upstream. */
export type ProxyErrorCode =
  | "missing_token"
  | "not_authorized"
  | "route_not_allowed"
  | "method_not_allowed"
  | "upstream_unreachable"
  | "upstream_timeout";

/** Texts that a caller may see: they quote nothing of the request and nothing of the upstream. */
const TEXTS: Record<ProxyErrorCode, string> = {
  missing_token: "Missing authentication",
  not_authorized: "Not authorized",
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

  /**
   * Whether it is certain that nothing of the request came to the upstream: it was refused here, or the upstream takes no
   * connection at all. Only then may a unit be given back to the caller.
   */
  readonly neverArrived: boolean;

  /** `cause` is for the operator's log only: it can name the upstream's address. */
  constructor(code: ProxyErrorCode, cause?: unknown, isUpstreamDown: boolean = false) {
    super(TEXTS[code], cause === undefined ? undefined : { cause });
    this.code = code;
    this.neverArrived = code.startsWith("upstream_") ? isUpstreamDown : true;
  }
}
