import type { PresetName } from "@org/proxy-core";
import type { Code } from "../src/responses.ts";
import type { RouteOption } from "../src/route-rules.ts";
import type { VariableName } from "../src/variables.ts";

// What the README says of each setting, preset and code, in its order. Rules and defaults are the code's own: see `tables.ts`. Not in
// `src`, as the worker has no use for it.

/** A sentence, or one with a note that stands after the default. */
export type Sentence = string | { note: string; text: string };

export const variables: Readonly<Record<VariableName, Sentence>> = {
  OIDC_AUDIENCE: "what your workflow asks a token for; one or a list",
  OIDC_ISSUER: "https URL of the issuer",
  MAX_TOKEN_AGE_SECONDS: {
    note: "; shipped: `1200`",
    text: "accept a token for this long after its issue *instead of* until its `exp`",
  },
  ENFORCE_TOKEN_EXPIRY: "`true`: `exp` counts as well",
  ALLOWED_REPOS: {
    note: ": any, with a warning; shipped: a placeholder",
    text: "`owner/repo` or `owner/*`, a list, without case; or `*` for any, said aloud",
  },
  ALLOWED_REFS: { note: ": any", text: "full refs, with case; `*` is any run of characters: `refs/tags/v*`" },
  TRUST_POLICY: "JSON: [trust rules](#trust-rules) instead of the two lists",
  MAX_REQUESTS_PER_TOKEN: "budget of one token; unset, a [preset](#presets) may bring another",
  RATE_LIMIT_PER_SECOND: "requests of one token in any 1,000 ms; unset, a [preset](#presets) may bring another",
  MAX_REQUESTS_PER_RUN: "budget of one attempt of one workflow run, whatever it mints",
  MAX_REQUESTS_PER_REPO_PER_DAY: "budget of one repository in one UTC day",
  MAX_REQUESTS_PER_OWNER_PER_DAY: "budget of one owner in one UTC day",
  BUDGET_EXHAUSTED_STATUS: "`403` for clients that retry every 429",
  UPSTREAM_URL: "https URL, may have a base path",
  UPSTREAM_AUTH_HEADER: "header that carries the key",
  UPSTREAM_AUTH_PREFIX: "put before the key, verbatim",
  UPSTREAM_API_KEY: {
    note: ", a secret",
    text: "the key; or two, comma-separated, [while you rotate](#rotate-a-key)",
  },
  UPSTREAM_TIMEOUT_SECONDS: "to the first byte of the answer; a stream that flows has no limit",
  ROUTES: "JSON: [many upstreams](#many-upstreams) instead of the `UPSTREAM_*` above",
  CORS_ORIGIN: "one origin, a list, `*`, or `off`",
  CORS_EXTRA_HEADERS: "request headers that pages may send, beside `Authorization, Content-Type, x-api-key`",
  CORS_EXPOSE_HEADERS: "response headers that pages may read, beside the limits and request ids: `Mcp-Session-Id`",
};

const PLACE =
  "which requests are the route's: below this path, for this host. The prefix is cut off before forwarding. A path that some server could read as a more specific route's (`/%61dmin`, `//admin`, `/Admin`) is refused";
const UPSTREAM = "as `UPSTREAM_URL`, `UPSTREAM_AUTH_HEADER`, `UPSTREAM_AUTH_PREFIX`";

/** Neighbours of the same text share a row, here and below. */
export const routeOptions: Readonly<Record<RouteOption, string>> = {
  name: "what the log calls the route; its host and prefix if left out",
  prefix: PLACE,
  host: PLACE,
  preset: "address, header, endpoints and error shape of a [well-known API](#presets)",
  upstream: UPSTREAM,
  authHeader: UPSTREAM,
  authPrefix: UPSTREAM,
  key: "the *name* of the secret that holds the key: `wrangler secret put ANTHROPIC_API_KEY`",
  headers:
    'set on every request: a text, or `{ "secret": "DD_APPLICATION_KEY" }`, the *name* of one more secret, with a `"prefix": "Bearer "` if need be. Secrets are guarded like the key, and so are long texts',
  allow:
    'the only requests that pass; `*` is a part of one segment, `**` at the end the rest of the path, `%2F` an encoded slash, which `*` never spans: `"PUT /@*%2F*"`. A method that the query names (`?_method=DELETE`) must be allowed, too',
  cookies:
    '`"pass"` lets `Set-Cookie` and `Cookie` through, and sessions in other headers (`X-Auth-Token`). What the upstream opens is then a credential in the caller\'s hand',
  websocket:
    "`true` lets WebSockets through, where `allow` holds the handshake, a GET: each is one unit, however long it lives and whatever is asked on it. Default: 426, on which clients fall back to HTTP",
  trust: "trust rules instead of the default ones",
  limits:
    "limits over the default ones, under the same names; each that a route sets, or its [preset](#presets), is counted by itself, the others with all routes",
};

export const presets: Readonly<Record<PresetName, string>> = {
  anthropic: "messages, token counts, models",
  openai: "chat, completions, embeddings, moderations, responses, realtime, models",
  gemini: "generating, embedding, counting tokens; interactions, models",
  "azure-openai": "chat, completions, embeddings, responses, realtime, models; by deployment or by version",
  openrouter: "OpenAI's API and Anthropic's; models, providers",
  huggingface: "downloads, and what tells what there is to download",
  "github-models": "chat, embeddings, the catalog",
  npm: "install, search, audit; not publishing",
};

const NO_TOKEN = "this is no token of the configured issuer, or longer than 16,384 characters";
const MINT = "mint a new token; a longer job mints again";
const GONE = "spent for good: `x-should-retry: false`";
const TOMORROW = "spent until the end of the UTC day";
const NOT_OPEN = "the path, its spelling or the method is not open";
const DOWN = "the upstream did not answer, or Cloudflare's edge says that it is dead; the request is charged";
const OUTAGE = "our outage: try again after `Retry-After`";

export const codes: Readonly<Record<Code, string>> = {
  missing_token: "send the token as the API key",
  token_malformed: NO_TOKEN,
  algorithm_not_allowed: NO_TOKEN,
  key_not_found: NO_TOKEN,
  signature_invalid: NO_TOKEN,
  token_expired: MINT,
  token_too_old: MINT,
  token_not_yet_valid: MINT,
  claim_invalid:
    "the text names the claim: wrong audience (what came, what is expected), wrong issuer, or a claim is missing",
  untrusted: "the text names what is not allowed: the repository, the ref, or the claims that failed",
  rate_limited:
    "wait for `retry-after-ms`, a turn of your own of at most a minute: SDKs do so by themselves, and bursts get through. `Retry-After: 1` is for all others",
  budget_exhausted: GONE,
  run_budget_exhausted: GONE,
  repository_budget_exhausted: TOMORROW,
  owner_budget_exhausted: TOMORROW,
  route_not_allowed: NOT_OPEN,
  method_not_allowed: NOT_OPEN,
  upgrade_required: "WebSockets are not open on this route: use HTTP",
  misconfigured: "the text lists every fault of the configuration",
  internal: "a defect of ours: see the log",
  upstream_unreachable: DOWN,
  upstream_timeout: DOWN,
  keys_unavailable: OUTAGE,
  limiter_unavailable: OUTAGE,
};
