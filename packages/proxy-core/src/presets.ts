/** What a well-known API needs of a route. A route's own options win over its preset's. */
export interface Preset {
  /** Base URL. Unset where each customer has an address of their own. */
  upstream?: string;
  /** Header that carries the key. */
  authHeader: string;
  /** Put before the key, verbatim. */
  authPrefix: string;
  /** The endpoints that a CI job needs, as in `RouteOptions.allow`. */
  allow: readonly string[];
}

/** The well-known APIs. */
export type PresetName =
  | "anthropic"
  | "openai"
  | "gemini"
  | "azure-openai"
  | "openrouter"
  | "huggingface"
  | "github-models"
  | "npm";

const BEARER = { authHeader: "Authorization", authPrefix: "Bearer " } as const;

/**
 * Address, key header and the endpoints that a CI job needs, for each well-known API. Endpoints that administrate an
 * account, read stored files of others or move money are left out: name them in `allow` to open them.
 */
export const presets: Readonly<Record<PresetName, Preset>> = {
  anthropic: {
    upstream: "https://api.anthropic.com",
    authHeader: "x-api-key",
    authPrefix: "",
    // Claude Code probes with HEAD / before it starts.
    allow: ["HEAD /", "POST /v1/messages", "POST /v1/messages/count_tokens", "GET /v1/models", "GET /v1/models/*"],
  },
  openai: {
    upstream: "https://api.openai.com",
    ...BEARER,
    allow: [
      "POST /v1/chat/completions",
      "POST /v1/completions",
      "POST /v1/embeddings",
      "POST /v1/moderations",
      "POST /v1/responses",
      "GET /v1/responses/*",
      "GET /v1/responses",
      "GET /v1/realtime",
      "GET /v1/models",
      "GET /v1/models/*",
    ],
  },
  gemini: {
    upstream: "https://generativelanguage.googleapis.com",
    authHeader: "x-goog-api-key",
    authPrefix: "",
    allow: ["v1", "v1beta"].flatMap((version) => [
      `GET /${version}/models`,
      `GET /${version}/models/*`,
      `POST /${version}/models/*:generateContent`,
      `POST /${version}/models/*:streamGenerateContent`,
      `POST /${version}/models/*:countTokens`,
      `POST /${version}/models/*:embedContent`,
      `POST /${version}/models/*:batchEmbedContents`,
    ]),
  },
  "azure-openai": {
    authHeader: "api-key",
    authPrefix: "",
    allow: [
      "POST /openai/deployments/*/chat/completions",
      "POST /openai/deployments/*/completions",
      "POST /openai/deployments/*/embeddings",
      "POST /openai/responses",
      "POST /openai/v1/chat/completions",
      "POST /openai/v1/embeddings",
      "POST /openai/v1/responses",
      "GET /openai/v1/models",
    ],
  },
  openrouter: {
    upstream: "https://openrouter.ai/api",
    ...BEARER,
    allow: ["POST /v1/chat/completions", "POST /v1/completions", "POST /v1/responses", "GET /v1/models"],
  },
  huggingface: {
    upstream: "https://huggingface.co",
    ...BEARER,
    // Model and file names hold slashes.
    allow: ["GET /**"],
  },
  "github-models": {
    upstream: "https://models.github.ai",
    ...BEARER,
    allow: [
      "POST /inference/chat/completions",
      "POST /inference/embeddings",
      "POST /orgs/*/inference/chat/completions",
      "POST /orgs/*/inference/embeddings",
      "GET /catalog/models",
    ],
  },
  npm: {
    upstream: "https://registry.npmjs.org",
    ...BEARER,
    // Install, audit and `npm ping`; a scoped name is one segment with %2f. Publishing is for you to open: "PUT /*".
    allow: ["GET /**", "POST /-/npm/v1/security/**"],
  },
};
