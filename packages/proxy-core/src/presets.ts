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
    // Install, search, audit, verify, `npm ping` and `npm view`, of plain and scoped names: clients encode the slash of a
    // scoped name, but not in a tarball's path. Publishing is for you to open, by adding to these: "PUT /*" for plain
    // names, "PUT /@*%2F*" for scoped ones.
    allow: [
      "GET /*",
      "GET /*/*",
      "GET /*/-/*",
      "GET /@*/*/-/*",
      "GET /@*/*/-/@*/*", // as GitLab names tarballs
      "GET /@*%2F*",
      "GET /@*%2F*/*",
      "GET /@*%2F*/-/*",
      "GET /-/v1/search",
      "GET /-/npm/v1/keys",
      "GET /-/npm/v1/attestations/*",
      "GET /-/npm/v1/attestations/@*%2F*",
      "GET /-/package/*/dist-tags",
      "GET /-/package/@*%2F*/dist-tags",
      "POST /-/npm/v1/security/**",
    ],
  },
};
