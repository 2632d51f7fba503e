import type { PresetName } from "./presets.ts";

/** What each code is answered with. */
const STATUS = {
  missing_token: 401,
  not_authorized: 403,
  route_not_allowed: 404,
  method_not_allowed: 405,
  upgrade_required: 426,
  upstream_unreachable: 502,
  upstream_timeout: 504,
} as const;

/** What went wrong between a caller and the upstream. */
export type ProxyErrorCode = keyof typeof STATUS;

/** Texts that a caller may see: they quote nothing of the request and nothing of the upstream. */
const TEXTS: Record<ProxyErrorCode, string> = {
  missing_token: "Missing authentication",
  not_authorized: "Not authorized",
  route_not_allowed: "Route not allowed",
  method_not_allowed: "Method not allowed",
  upgrade_required: "WebSocket not enabled on this route",
  upstream_unreachable: "Upstream unreachable",
  upstream_timeout: "Upstream timeout",
};

/** The only error that this package throws for hostile input or an ill upstream. `message` is safe to show to the caller. */
export class ProxyError extends Error {
  override readonly name: string = "ProxyError";
  /** Which of the cases it is. Stable: program against this, not against `message`. */
  readonly code: ProxyErrorCode;
  /** The HTTP status to answer with. */
  readonly status: (typeof STATUS)[ProxyErrorCode];

  /**
   * Whether it is certain that nothing of the request came to the upstream: it was refused here, or the runtime says that it
   * made no connection. Of all runtimes only Node does; elsewhere an upstream's failure is never certain. Only if it is may a
   * unit be given back to the caller.
   */
  readonly neverArrived: boolean;

  /**
   * The route that the request was for, as it was given to the router; unset if none was found. It holds the key, so it is not
   * enumerable: what prints an error, or turns it into JSON, does not see it.
   */
  declare route?: { preset?: PresetName };

  /** `cause` is for the operator's log only: it can name the upstream's address. */
  constructor(code: ProxyErrorCode, cause?: unknown, isUnsent: boolean = false) {
    super(TEXTS[code], cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = STATUS[code];
    this.neverArrived = code.startsWith("upstream_") ? isUnsent : true;
  }
}
