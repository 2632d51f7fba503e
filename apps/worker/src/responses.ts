import type { OidcVerifyErrorCode } from "@org/oidc-verify";
import { answerRefusal, type PresetName, type ProxyErrorCode } from "@org/proxy-core";
import type { LimiterErrorCode } from "@org/token-limiter";
import { type LimitCode, type LimitKind, limitNames, limits } from "./limits.ts";

/** Every refusal that a caller can meet. */
export type Code =
  | OidcVerifyErrorCode
  | Exclude<ProxyErrorCode, "not_authorized"> // of createProxy alone, which the worker has no use for
  | LimiterErrorCode
  | LimitCode
  | "misconfigured"
  | "internal";

interface Answer {
  status: number;
  /** Left out where the error's own message is the text. */
  text?: string;
  headers?: Record<string, string>;
}

const REALM = 'Bearer realm="oidc-proxy"';
const unauthorized: Answer = { status: 401, headers: { "www-authenticate": `${REALM}, error="invalid_token"` } };
const unavailable: Answer = { status: 503, headers: { "retry-after": "2" } };
/** What is said of each limit beside its text and how long to wait. */
const denied: Readonly<Record<LimitKind, Answer>> = {
  rate: { status: 429, headers: { "retry-after": "1" } },
  daily: { status: 429 },
  // Clients retry a bare 429; such a budget does not come back while they wait.
  total: { status: 429, headers: { "x-should-retry": "false" } },
};
const denials = Object.fromEntries(
  limitNames.map((name) => [limits[name].code, { ...denied[limits[name].kind], text: limits[name].text }]),
) as Record<LimitCode, Answer>;

/** The worker's only place with status numbers. A new code without an answer does not compile. */
const answers = {
  missing_token: { status: 401 }, // the gateway says what is asked for, which depends on who asks
  token_malformed: unauthorized,
  algorithm_not_allowed: unauthorized,
  key_not_found: unauthorized,
  signature_invalid: unauthorized,
  token_expired: unauthorized,
  token_too_old: unauthorized,
  token_not_yet_valid: unauthorized,
  claim_invalid: unauthorized,
  untrusted: { status: 403 },
  ...denials,
  route_not_allowed: { status: 404 },
  method_not_allowed: { status: 405 },
  upgrade_required: { status: 426 },
  misconfigured: { status: 500 },
  internal: { status: 500, text: "Internal error" },
  upstream_unreachable: { status: 502 },
  upstream_timeout: { status: 504 },
  keys_unavailable: unavailable,
  limiter_unavailable: { ...unavailable, text: "Limiter unavailable" },
} satisfies Record<Code, Answer>;

export interface AnswerOptions {
  /** Used where the code has no text of its own. It must be safe to show. */
  text?: string | undefined;
  /** Instead of the code's own status. */
  status?: number;
  headers?: Record<string, string>;
  /** Whose API's error shape the answer has; unset where no route is known. */
  route?: { preset?: PresetName } | undefined;
}

/** An answer of the proxy's own: one text, and the code in a header that clients can rely on. */
export function answer(code: Code, options: AnswerOptions = {}): Response {
  const { status, text = options.text ?? "", headers }: Answer = answers[code];
  return answerRefusal(
    { code, text, status: options.status ?? status, headers: { ...headers, ...options.headers } },
    options.route,
  );
}
