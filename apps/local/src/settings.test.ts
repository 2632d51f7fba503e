import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { variableNames } from "@org/oidc-proxy/src/variables.ts";
import { expect, it, vi } from "vitest";
import { callerFor, layer, loadDevVars, readSettings, settingName } from "./settings.ts";
import { temporaryDir } from "./temporary-dir.ts";

it("passes every variable that the worker reads", () => {
  expect([...variableNames].filter((name) => !settingName.test(name))).toEqual([]);
});

it("takes the environment over .dev.vars over the defaults, and nothing that is not a setting", () => {
  using dir = temporaryDir();
  const devVars = join(dir.path, ".dev.vars");
  writeFileSync(devVars, 'OIDC_AUDIENCE=from-file\nUPSTREAM_AUTH_PREFIX="Bearer "\nALLOWED_REFS=refs/heads/x\n');
  const env = { OIDC_AUDIENCE: "from-env", ALLOWED_REFS: "", MAX_REQUESTS_PER_TOKEN: "3" };
  for (const [name, value] of Object.entries({ UPSTREAM_AUTH_PREFIX: undefined, ...env })) vi.stubEnv(name, value);
  loadDevVars(devVars);
  expect(readSettings()).toEqual({
    ...env,
    UPSTREAM_AUTH_PREFIX: "Bearer ",
    MAX_TOKEN_AGE_SECONDS: "1200",
    UPSTREAM_AUTH_HEADER: "x-api-key",
    CORS_EXTRA_HEADERS: "anthropic-version",
    ALLOWED_REPOS: "octo-org/octo-repo",
    RATE_LIMIT_PER_SECOND: "5",
  });
  vi.unstubAllEnvs();
});

it("does without a .dev.vars", () => {
  expect(() => loadDevVars("/no/such/file")).not.toThrow();
});

it("takes a real key only together with a real upstream", () => {
  const key = { UPSTREAM_API_KEY: "sk-real" };
  expect(readSettings(key)).not.toHaveProperty("UPSTREAM_API_KEY");
  expect(readSettings({ ...key, UPSTREAM_URL: "" })).not.toHaveProperty("UPSTREAM_URL");
  expect(readSettings({ ...key, UPSTREAM_URL: "https://api.example" })).toMatchObject(key);
  expect(readSettings({ UPSTREAM_URL: "https://api.example" })).toMatchObject({ UPSTREAM_API_KEY: "" });
});

it("takes a key with ROUTES, whose author says where it goes", () => {
  const routes = readSettings({ ROUTES: "[]", UPSTREAM_API_KEY: "sk-real" });
  expect(routes).toMatchObject({ ROUTES: "[]", UPSTREAM_API_KEY: "sk-real" });
  expect(routes).not.toHaveProperty("UPSTREAM_AUTH_HEADER");
});

it.each([
  [{ ALLOWED_REPOS: "a/b", ALLOWED_REFS: "refs/heads/x" }, { TRUST_POLICY: "[]" }, { TRUST_POLICY: "[]" }],
  [{ TRUST_POLICY: "[]" }, { ALLOWED_REPOS: "a/b" }, { ALLOWED_REPOS: "a/b" }],
  [{ UPSTREAM_URL: "u", UPSTREAM_API_KEY: "k", UPSTREAM_AUTH_HEADER: "h" }, { ROUTES: "[]" }, { ROUTES: "[]" }],
  [{ ROUTES: "[]" }, { UPSTREAM_URL: "u" }, { UPSTREAM_URL: "u" }],
  [{ TRUST_POLICY: "[]" }, { ALLOWED_REPOS: "" }, { TRUST_POLICY: "[]", ALLOWED_REPOS: "" }],
  // Never wider than what it stands over: the worker refuses both together.
  [{ TRUST_POLICY: "[]" }, { ALLOWED_REFS: "r" }, { TRUST_POLICY: "[]", ALLOWED_REFS: "r" }],
])("of two forms that exclude each other the upper wins: %j, over it %j", (below, over, result) => {
  expect(layer<string>(below, over)).toEqual(result);
});

it.each([
  [{}, { audience: "goose-oidc-proxy", repository: "octo-org/octo-repo", ref: "refs/heads/main" }],
  [
    { OIDC_AUDIENCE: "a, b", ALLOWED_REPOS: "o/r,p/q" },
    { audience: "a", repository: "o/r" },
  ],
  [
    { ALLOWED_REPOS: "acme/*", ALLOWED_REFS: "refs/tags/v*" },
    { repository: "acme/octo-repo", ref: "refs/tags/vmain" },
  ],
])("finds a caller that %j lets in", (settings, caller) => {
  expect(callerFor(settings)).toMatchObject(caller);
});
