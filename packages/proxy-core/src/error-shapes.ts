/** What is told to a caller who is refused. */
export interface Refusal {
  /** HTTP status, 400 to 599. */
  status: number;
  /** For programs: `lower_snake`. */
  code: string;
  /** For people. It must be safe to show: it stands in the body, and for some APIs in a header. */
  text: string;
  /** Added to the answer. Default: none. */
  headers?: Readonly<Record<string, string>>;
}

/** How an API writes its errors, named after the API that clients know it from. */
export type ErrorShape = "anthropic" | "openai" | "google" | "openrouter" | "huggingface" | "npm";

/** A refusal in an API's own words: what its clients show, and decide by. */
export interface ShapedRefusal {
  body: object;
  /** Where its clients read more than the body. */
  headers?: Readonly<Record<string, string>>;
}

/** Said in every shape, so that nobody takes our 401 for the API's. */
const OURS = "oidc-proxy: ";

interface Kind {
  /** https://docs.anthropic.com/en/api/errors */
  anthropic: string;
  /** As the API answers; the list in its docs has classes of the SDK only. https://platform.openai.com/docs/guides/error-codes */
  openai: string;
  /** `google.rpc.Code`, with the HTTP status that each stands for. https://google.aip.dev/193 */
  google: string;
}

const REFUSED: Kind = {
  anthropic: "invalid_request_error",
  openai: "invalid_request_error",
  google: "INVALID_ARGUMENT",
};
const FAILED: Kind = { anthropic: "api_error", openai: "server_error", google: "INTERNAL" };

/** What each status is called; any other is one of the two above. */
const KINDS: Readonly<Record<number, Kind>> = {
  401: { anthropic: "authentication_error", openai: "invalid_request_error", google: "UNAUTHENTICATED" },
  403: { anthropic: "permission_error", openai: "invalid_request_error", google: "PERMISSION_DENIED" },
  404: { anthropic: "not_found_error", openai: "invalid_request_error", google: "NOT_FOUND" },
  429: { anthropic: "rate_limit_error", openai: "requests", google: "RESOURCE_EXHAUSTED" },
  501: { ...FAILED, google: "UNIMPLEMENTED" },
  502: { ...FAILED, google: "UNAVAILABLE" },
  503: { ...FAILED, google: "UNAVAILABLE" },
  504: { anthropic: "timeout_error", openai: "server_error", google: "DEADLINE_EXCEEDED" },
};

const kindOf = (status: number): Kind => KINDS[status] ?? (status < 500 ? REFUSED : FAILED);

/** Each shape, as the API's documents have it and its SDKs read it; members that they do not know, they leave alone. */
export const errorShapes: Readonly<Record<ErrorShape, (refusal: Refusal) => ShapedRefusal>> = {
  anthropic: ({ status, code, text }) => ({
    // The SDKs read a code from the details.
    body: {
      type: "error",
      error: { type: kindOf(status).anthropic, message: OURS + text, code, details: { error_code: code } },
    },
  }),
  // Azure's and GitHub's clients read the same members: https://github.com/microsoft/api-guidelines has code and message.
  openai: ({ status, code, text }) => ({
    body: { error: { message: OURS + text, type: kindOf(status).openai, param: null, code } },
  }),
  google: ({ status, code, text }) => ({
    body: {
      error: {
        code: status,
        message: OURS + text,
        status: kindOf(status).google,
        // `reason` must be in capitals: https://google.aip.dev/193#errorinfo
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: code.toUpperCase(),
            domain: "oidc-proxy",
            metadata: { code },
          },
        ],
      },
    },
  }),
  // https://openrouter.ai/docs/api/reference/errors-and-debugging, and what Anthropic's SDK reads of the same address.
  openrouter: ({ status, code, text }) => ({
    body: {
      type: "error",
      error: {
        code: status,
        message: OURS + text,
        metadata: { code },
        type: kindOf(status).anthropic,
        details: { error_code: code },
      },
    },
  }),
  // The answer to a HEAD has no body, and a download begins with one: huggingface_hub reads the headers.
  huggingface: ({ code, text }) => ({
    body: { error: OURS + text, code },
    headers: { "x-error-code": code, "x-error-message": asHeader(OURS + text) },
  }),
  // On a 401 npm shows a text of its own and not the body; a notice it always shows.
  npm: ({ status, code, text }) => ({
    body: { error: OURS + text, code },
    ...(status === 401 && { headers: { "npm-notice": asHeader(OURS + text) } }),
  }),
};

/** A text may quote a claim; a header holds ASCII only. */
function asHeader(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
