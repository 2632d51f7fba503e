import { describe, expect, it } from "vitest";
import { createAllowList } from "./allow-list.ts";
import { type PresetName, presets } from "./presets.ts";

const SHA = "607a30d783dfa663caf39e06633721c8d4cfcd7e";
const REPOS = ["models/gpt2", "models/o/r", "datasets/squad", "datasets/o/d", "spaces/o/s"];

/** What the vendors' clients send, as recorded from the current SDKs. */
const OPEN: Record<PresetName, readonly string[]> = {
  anthropic: ["HEAD /", "POST /v1/messages", "POST /v1/messages/count_tokens", "GET /v1/models", "GET /v1/models/c"],
  openai: [
    ...["POST /v1/chat/completions", "POST /v1/completions", "POST /v1/embeddings", "POST /v1/moderations"],
    ...["POST /v1/responses", "POST /v1/responses/compact", "POST /v1/responses/input_tokens"],
    ...["GET /v1/responses/resp_1", "GET /v1/responses/resp_1/input_items", "POST /v1/responses/resp_1/cancel"],
    ...["GET /v1/responses", "GET /v1/realtime", "GET /v1/models", "GET /v1/models/gpt-5"],
  ],
  gemini: [
    ...["GET /v1beta/models", "GET /v1beta/models/gemini-3", "POST /v1/models/gemini-3:generateContent"],
    ...["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"].map(
      (verb) => `POST /v1beta/models/gemini-3:${verb}`,
    ),
    ...["POST /v1beta/interactions", "GET /v1beta/interactions/i1", "POST /v1beta/interactions/i1/cancel"],
  ],
  "azure-openai": [
    ...["chat/completions", "completions", "embeddings"].flatMap((path) => [
      `POST /openai/deployments/gpt-5/${path}`,
      `POST /openai/v1/${path}`,
    ]),
    ...["/openai", "/openai/v1"].flatMap((base) => [
      ...[`POST ${base}/responses`, `POST ${base}/responses/compact`, `POST ${base}/responses/input_tokens`],
      ...[`GET ${base}/responses/resp_1`, `GET ${base}/responses/resp_1/input_items`],
      ...[`POST ${base}/responses/resp_1/cancel`, `GET ${base}/models`, `GET ${base}/models/gpt-5`],
      `GET ${base}/realtime`,
    ]),
  ],
  openrouter: [
    ...["HEAD /", "POST /v1/messages", "POST /v1/messages/count_tokens", "POST /v1/chat/completions"],
    ...["POST /v1/completions", "POST /v1/embeddings", "POST /v1/responses", "GET /v1/embeddings/models"],
    ...["GET /v1/models", "GET /v1/models/count", "GET /v1/models/anthropic%2Fclaude-5", "GET /v1/providers"],
    ...["GET /v1/models/deepseek/r1:free/endpoints", "GET /v1/model/deepseek/r1:free"],
  ],
  huggingface: [
    ...["gpt2", "o/r", "datasets/squad", "datasets/o/d", "spaces/o/s"].flatMap((repo) => [
      `HEAD /${repo}/resolve/main/dir/config.json`,
      `GET /${repo}/resolve/refs%2Fpr%2F1/dir/a%20b.json`,
      `GET /${repo}/raw/refs/pr/1/config.json`,
    ]),
    ...REPOS.flatMap((repo) => [
      ...[`GET /api/${repo}`, `GET /api/${repo}/refs`, `GET /api/${repo}/auth-check`],
      ...[`GET /api/${repo}/revision/main`, `GET /api/${repo}/revision/refs%2Fpr%2F1`],
      ...[`GET /api/${repo}/tree/${SHA}`, `GET /api/${repo}/tree/refs%2Fpr%2F1/a%20b%2Fc`],
      ...[`GET /api/${repo}/tree/refs/pr/1/a%20b`, `GET /api/${repo}/commits/main`],
      ...[`POST /api/${repo}/paths-info/main`, `POST /api/${repo}/paths-info/refs%2Fpr%2F1`],
      ...[`POST /api/${repo}/paths-info/refs/pr/1`, `GET /api/${repo}/xet-read-token/${SHA}`],
    ]),
    ...["GET /api/models", "GET /api/datasets", "GET /api/spaces"],
    `GET /api/resolve-cache/models/openai-community/gpt2/${SHA}/dir%2Fconfig.json`,
  ],
  "github-models": ["POST /inference/chat/completions", "POST /orgs/o/inference/embeddings", "GET /catalog/models"],
  npm: [
    ...["GET /left-pad", "GET /left-pad/1.3.0", "GET /left-pad/1.3.0-rc.1+b", "GET /typescript/latest"],
    ...["GET /typescript/next", "GET /left-pad/-/left-pad-1.3.0.tgz", "GET /@types%2fnode", "GET /@types/node"],
    ...["GET /@types%2Fnode/26.0.0", "GET /@types%2Fnode/latest", "GET /@types/node/-/node-26.0.0.tgz"],
    ...["GET /-/ping", "GET /-/v1/search", "GET /-/npm/v1/keys", "GET /-/package/npm/dist-tags"],
    ...["GET /-/npm/v1/attestations/npm@11.0.0", "GET /-/npm/v1/attestations/@types%2Fnode@26.0.0"],
    ...["POST /-/npm/v1/security/advisories/bulk", "POST /-/npm/v1/security/audits/quick"],
  ],
};

/** What administrates an account, tells of it, writes, or opens more than a job asked for. */
const CLOSED: Record<PresetName, readonly string[]> = {
  anthropic: ["GET /v1/organizations/api_keys", "GET /v1/files", "POST /v1/messages/batches", "GET /"],
  openai: [
    ...["GET /v1/files", "DELETE /v1/responses/resp_1", "GET /v1/organization/admin_api_keys", "DELETE /v1/models/m"],
    ...["POST /v1/responses/resp_1", "POST /v1/responses/resp_1/input_items", "GET /v1/responses/a/b/input_items"],
  ],
  gemini: [
    ...[
      "POST /v1beta/files",
      "GET /v1beta/cachedContents",
      "DELETE /v1beta/interactions/i1",
      "GET /v1beta/interactions",
    ],
    ...["POST /v1beta/interactions/i1", "POST /v1beta/models/m:predict"],
  ],
  "azure-openai": [
    ...["GET /openai/files", "DELETE /openai/responses/resp_1", "DELETE /openai/v1/responses/resp_1"],
    ...["POST /openai/fine_tuning/jobs", "GET /openai/deployments", "DELETE /openai/v1/models/m"],
  ],
  openrouter: [
    ...["GET /v1/keys", "POST /v1/keys", "GET /v1/key", "GET /v1/credits", "GET /v1/activity", "GET /v1/auth/keys"],
    ...["POST /v1/keys/x", "GET /v1/models/user", "POST /v1/auth/keys", "GET /v1/organization/members"],
  ],
  huggingface: [
    ...["GET /", "GET /settings/tokens", "GET /settings/billing", "GET /api/whoami-v2", "GET /api/settings/webhooks"],
    ...["GET /api/settings/mcp", "GET /api/settings/billing/usage", "GET /api/organizations/o/members"],
    ...["GET /api/organizations/o/audit-log/export", "GET /organizations/o/settings", "GET /api/users/u/overview"],
    ...["GET /api/jobs/o", "GET /api/collections", "GET /api/resource-groups", "POST /api/repos/create", "GET /o/r"],
    ...["GET /api/spaces/o/s/secrets", "GET /api/spaces/o/s/variables", "GET /api/spaces/o/s/logs/run"],
    ...[
      "GET /oauth/authorize",
      "GET /login",
      "POST /api/models/o/r/commit/main",
      "POST /api/models/o/r/preupload/main",
    ],
    ...["GET /notifications", "GET /o/r/info/refs", "POST /o/r/git-receive-pack", "PUT /o/r/resolve/main/x"],
    ...["models/gpt2", "models/o/r", "datasets/o/d", "spaces/o/s"].flatMap((repo) => [
      ...[`GET /api/${repo}/xet-write-token/main`, `GET /api/${repo}/xet-write-token/refs%2Fpr%2F1`],
      ...[`POST /api/${repo}`, `PUT /api/${repo}/settings`, `DELETE /api/${repo}/tree/main`],
      ...[`GET /api/${repo}/user-access-request/pending`, `POST /api/${repo}/tree/main`],
    ]),
    ...["GET /api/models/o/r/settings", "GET /api/models/o/r/xet-write-token", "GET /api/models/o/r/lfs-files"],
  ],
  "github-models": ["GET /inference/chat/completions", "POST /orgs/a/b/inference/embeddings", "DELETE /catalog/models"],
  npm: [
    ...["GET /-/npm/v1/tokens", "POST /-/npm/v1/tokens", "GET /-/whoami", "GET /-/npm/v1/user", "GET /-/npm/v1/hooks"],
    ...["GET /-/user/org.couchdb.user:me", "PUT /-/user/org.couchdb.user:me", "GET /-/user/me/package", "GET /-/all"],
    ...["GET /-/org/o/user", "GET /-/org/o/package", "GET /-/org/o/team", "GET /-/team/o/t/user", "GET /-/%77hoami"],
    ...["GET /-/team/o/t/package", "GET /-/package/p/access", "GET /-/package/p/collaborators", "GET /-%2Fwhoami"],
    ...["PUT /left-pad", "DELETE /left-pad/-rev/1", "PUT /-/package/npm/dist-tags/latest", "GET /-/whoami/"],
    ...["GET /-/npm/v1/security/x", "POST /-/npm/v1/security/x", "POST /-/v1/login", "GET /-/stage", "GET /"],
  ],
};

const rows = (table: Record<string, readonly string[]>) =>
  Object.entries(table).flatMap(([name, requests]) => [...new Set(requests)].map((each) => [name, each] as const));
const opens = (name: string, request: string) => {
  const [method = "", path = ""] = request.split(" ");
  return createAllowList(presets[name as PresetName].allow)(method, path);
};

it("only presets of files ask for limits of their own", () => {
  const limits = Object.entries(presets).flatMap(([name, preset]) => (preset.limits ? [[name, preset.limits]] : []));
  expect(Object.fromEntries(limits)).toEqual({
    huggingface: { perSecond: 100, perToken: 5000 },
    npm: { perSecond: 500, perToken: 10_000 },
  });
});

describe("presets", () => {
  it.each(rows(OPEN))("%s opens %s", (name, request) => expect(opens(name, request)).toBe(true));
  it.each(rows(CLOSED))("%s does not open %s", (name, request) => expect(opens(name, request)).toBe(false));
});
