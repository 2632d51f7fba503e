import type { ErrorShape } from "./error-shapes.ts";

/** What a well-known API needs of a route. A route's own options win over its preset's. */
export interface Preset {
  /** Base URL. Unset where each customer has an address of their own. */
  upstream?: string;
  /** Header that carries the key. */
  authHeader: string;
  /** Put before the key, verbatim. */
  authPrefix: string;
  /** How the API writes its errors. */
  errors: ErrorShape;
  /** The endpoints that a CI job needs, as in `RouteOptions.allow`. */
  allow: readonly string[];
  /** What its clients need of a limiter, where one that suits a model's API would starve them. Nothing in this package enforces it. */
  limits?: PresetLimits;
}

/** How much one job asks for: file by file, with many requests at once. */
export interface PresetLimits {
  /** Requests in any 1,000 ms. */
  perSecond: number;
  /** Requests with one token, in all. */
  perToken: number;
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
    errors: "anthropic",
    // Claude Code probes with HEAD / before it starts.
    allow: ["HEAD /", "POST /v1/messages", "POST /v1/messages/count_tokens", "GET /v1/models", "GET /v1/models/*"],
  },
  openai: {
    upstream: "https://api.openai.com",
    ...BEARER,
    errors: "openai",
    allow: [
      "POST /v1/chat/completions",
      "POST /v1/completions",
      "POST /v1/embeddings",
      "POST /v1/moderations",
      ...responses("/v1"),
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
    errors: "google",
    allow: ["v1", "v1beta"].flatMap((version) => [
      `GET /${version}/models`,
      `GET /${version}/models/*`,
      `POST /${version}/models/*:generateContent`,
      `POST /${version}/models/*:streamGenerateContent`,
      `POST /${version}/models/*:countTokens`,
      `POST /${version}/models/*:embedContent`,
      `POST /${version}/models/*:batchEmbedContents`,
      `POST /${version}/interactions`,
      `GET /${version}/interactions/*`,
      `POST /${version}/interactions/*/cancel`,
    ]),
  },
  "azure-openai": {
    authHeader: "api-key",
    authPrefix: "",
    errors: "openai",
    // By deployment or by version, as the client is set; what names no deployment is the same in both.
    allow: [
      "POST /openai/deployments/*/chat/completions",
      "POST /openai/deployments/*/completions",
      "POST /openai/deployments/*/embeddings",
      "POST /openai/v1/chat/completions",
      "POST /openai/v1/completions",
      "POST /openai/v1/embeddings",
      ...["/openai", "/openai/v1"].flatMap((base) => [
        ...responses(base),
        `GET ${base}/realtime`,
        `GET ${base}/models`,
        `GET ${base}/models/*`,
      ]),
    ],
  },
  openrouter: {
    upstream: "https://openrouter.ai/api",
    ...BEARER,
    errors: "openrouter",
    // In OpenAI's API and in Anthropic's, with what Claude Code asks first.
    allow: [
      "HEAD /",
      "POST /v1/chat/completions",
      "POST /v1/completions",
      "POST /v1/embeddings",
      "POST /v1/messages",
      "POST /v1/messages/count_tokens",
      "POST /v1/responses",
      "GET /v1/models",
      "GET /v1/models/count",
      "GET /v1/models/*%2F*", // one model, as the SDKs of both write its name
      "GET /v1/models/*/*/endpoints",
      "GET /v1/model/*/*",
      "GET /v1/embeddings/models",
      "GET /v1/providers",
    ],
  },
  huggingface: {
    upstream: "https://huggingface.co",
    ...BEARER,
    errors: "huggingface",
    limits: { perSecond: 100, perToken: 5000 },
    // Downloads, and what tells what there is to download. Revisions and file names hold slashes. Names without an owner are
    // old ones of Hugging Face's own. Small files are answered by way of the resolve-cache.
    allow: [
      ...["*", "*/*", "datasets/*/*", "spaces/*/*"].flatMap((repo) => [
        `GET /${repo}/resolve/**`,
        `GET /${repo}/raw/**`,
      ]),
      "GET /api/resolve-cache/**",
      ...["models", "datasets", "spaces"].map((kind) => `GET /api/${kind}`),
      ...["models/*", "models/*/*", "datasets/*", "datasets/*/*", "spaces/*/*"].flatMap((repo) => [
        `GET /api/${repo}`,
        `GET /api/${repo}/auth-check`,
        `GET /api/${repo}/commits/**`,
        `GET /api/${repo}/refs`,
        `GET /api/${repo}/revision/**`,
        `GET /api/${repo}/tree/**`,
        `GET /api/${repo}/xet-read-token/**`,
        `POST /api/${repo}/paths-info/**`,
      ]),
    ],
  },
  "github-models": {
    upstream: "https://models.github.ai",
    ...BEARER,
    errors: "openai",
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
    errors: "npm",
    limits: { perSecond: 500, perToken: 10_000 },
    // Install, search, audit, verify, `npm ping` and `npm view`, of plain and scoped names: clients encode the slash of a
    // scoped name, but not in a tarball's path. One version of a plain name is told by its dots, as `/-/whoami` is a path of two
    // segments as well. Publishing is for you to open, by adding to these: "PUT /*" for plain names, "PUT /@*%2F*" for scoped ones.
    allow: [
      "GET /*",
      "GET /*/*.*.*",
      "GET /*/latest",
      "GET /*/next",
      "GET /*/-/*",
      "GET /@*/*",
      "GET /@*/*/-/*",
      "GET /@*/*/-/@*/*", // as GitLab names tarballs
      "GET /@*%2F*",
      "GET /@*%2F*/*",
      "GET /@*%2F*/-/*",
      "GET /-/ping",
      "GET /-/v1/search",
      "GET /-/npm/v1/keys",
      "GET /-/npm/v1/attestations/*",
      "GET /-/npm/v1/attestations/@*%2F*",
      "GET /-/package/*/dist-tags",
      "GET /-/package/@*%2F*/dist-tags",
      "POST /-/npm/v1/security/advisories/bulk",
      "POST /-/npm/v1/security/audits",
      "POST /-/npm/v1/security/audits/quick",
    ],
  },
};

/** OpenAI's Responses API, as its SDKs ask for it. */
function responses(base: string): string[] {
  return [
    `POST ${base}/responses`,
    `POST ${base}/responses/compact`,
    `POST ${base}/responses/input_tokens`,
    `GET ${base}/responses/*`,
    `GET ${base}/responses/*/input_items`,
    `POST ${base}/responses/*/cancel`,
  ];
}
