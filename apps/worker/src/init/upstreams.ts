import { type PresetName, presets } from "@org/proxy-core";
import { distance } from "fastest-levenshtein";
import { InitError } from "./answers.ts";

/** What a workflow's step needs to reach an API by the proxy. */
export interface Client {
  /** The secret that holds the API's key. */
  readonly secret: string;
  /** The environment of the step: where the proxy is, and the token. `URL` and `HOST` stand for the route's address. */
  readonly env: Readonly<Record<string, string>>;
  readonly run: string;
}

const ANY_CLIENT = "node call-the-api.js # any client that reads these two";
const TOKEN = `\${{ steps.oidc.outputs.token }}`;

const clients: Readonly<Record<PresetName, Client>> = {
  anthropic: {
    secret: "ANTHROPIC_API_KEY",
    env: { ANTHROPIC_BASE_URL: "URL", ANTHROPIC_API_KEY: TOKEN },
    run: ANY_CLIENT,
  },
  openai: {
    secret: "OPENAI_API_KEY",
    env: { OPENAI_BASE_URL: "URL/v1", OPENAI_API_KEY: TOKEN },
    run: ANY_CLIENT,
  },
  gemini: {
    secret: "GEMINI_API_KEY",
    env: { GOOGLE_GEMINI_BASE_URL: "URL", GEMINI_API_KEY: TOKEN },
    run: ANY_CLIENT,
  },
  "azure-openai": {
    secret: "AZURE_OPENAI_API_KEY",
    env: { AZURE_OPENAI_ENDPOINT: "URL", AZURE_OPENAI_API_KEY: TOKEN },
    run: ANY_CLIENT,
  },
  openrouter: {
    secret: "OPENROUTER_API_KEY",
    env: { OPENAI_BASE_URL: "URL/v1", OPENAI_API_KEY: TOKEN },
    run: "node call-the-api.js # OpenAI's SDKs; for Anthropic's the base URL is without /v1",
  },
  huggingface: {
    secret: "HF_TOKEN",
    env: { HF_ENDPOINT: "URL", HF_TOKEN: TOKEN },
    run: "hf download your-org/your-model",
  },
  "github-models": {
    secret: "GITHUB_MODELS_TOKEN",
    env: { OPENAI_BASE_URL: "URL/inference", OPENAI_API_KEY: TOKEN },
    run: "node call-the-api.js # OpenAI's SDKs",
  },
  npm: {
    secret: "NPM_TOKEN",
    env: { TOKEN },
    run: 'npm config set "//HOST/:_authToken" "$TOKEN" && npm ci --registry=URL/',
  },
};

const OTHER: Client = {
  secret: "UPSTREAM_API_KEY",
  env: { BASE_URL: "URL", TOKEN },
  run: 'curl "$BASE_URL/path" -H "authorization: Bearer $TOKEN"',
};

/** How to reach an API; one without a preset as any client does. */
export const clientOf = (preset: string | undefined): Client => clients[preset as PresetName] ?? OTHER;

/** Where requests go, as flags and questions say it. */
export interface UpstreamAnswers {
  readonly presets?: readonly string[];
  readonly upstream?: string | undefined;
  readonly authHeader?: string | undefined;
  readonly authPrefix?: string | undefined;
}

/**
 * The variables that say where requests go: of one API the preset's endpoints and no path before them, of several a path for each; of an API
 * without a preset the three variables.
 *
 * @throws InitError for a preset that is none, and for what does not go together.
 */
export function upstreamVars({ presets: names = [], ...own }: UpstreamAnswers): Record<string, unknown> {
  const { upstream, authHeader, authPrefix } = own;
  if (names.length === 0) {
    const vars = { UPSTREAM_URL: upstream, UPSTREAM_AUTH_HEADER: authHeader, UPSTREAM_AUTH_PREFIX: authPrefix };
    return Object.fromEntries(Object.entries(vars).filter(([, value]) => value !== undefined));
  }
  if (authHeader !== undefined || authPrefix !== undefined)
    throw new InitError("--auth-header and --auth-prefix go with --upstream alone: a preset has its own");
  const routes = [...new Set(names)].map(presetCalled).map((preset) => routeOf(preset, names.length > 1, upstream));
  if (upstream !== undefined && !routes.some((route) => "upstream" in route))
    throw new InitError("--upstream is no part of this preset, which has its own address: leave one of them out");
  return { ROUTES: routes };
}

function routeOf(preset: PresetName, isOneOfMany: boolean, upstream: string | undefined) {
  const hasAddress = presets[preset].upstream !== undefined;
  if (!hasAddress && !upstream)
    throw new InitError(`--preset ${preset} needs --upstream, the address that you have there`);
  return {
    ...(isOneOfMany && { prefix: `/${preset}` }),
    preset,
    ...(!hasAddress && { upstream }),
    key: clients[preset].secret,
  };
}

export const presetNames = Object.keys(presets) as readonly PresetName[];

function presetCalled(name: string): PresetName {
  const found = presetNames.find((preset) => preset === name);
  if (found) return found;
  throw new InitError(
    `--preset: there is no "${name}"${didYouMean(name, presetNames)} There are ${presetNames.join(", ")}`,
  );
}

/** A question, if one of these is near; else the end of the sentence. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [nearest = ""] = known.toSorted((a, b) => distance(word, a) - distance(word, b));
  const isNear = distance(word, nearest) <= nearest.length / 2;
  return isNear ? `: did you mean ${nearest}?` : ".";
}
