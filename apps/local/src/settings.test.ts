import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { callerFor, readSettings, settingName, workerDir } from "./settings.ts";
import { temporaryDir } from "./temporary-dir.ts";

const noFile = "/dev/null";

it("passes every variable that the worker reads", () => {
  const source = readFileSync(new URL("src/config.ts", workerDir), "utf8");
  const names = source.match(/\b[A-Z]+_[A-Z_]+(?=: )/g) ?? [];
  expect(names).toContain("UPSTREAM_API_KEY");
  expect(names.filter((name) => !settingName.test(name))).toEqual([]);
});

it("takes the environment over .dev.vars over the defaults, and nothing that is not a setting", () => {
  using dir = temporaryDir();
  const devVars = join(dir.path, ".dev.vars");
  writeFileSync(devVars, 'OIDC_AUDIENCE=from-file\nUPSTREAM_AUTH_PREFIX="Bearer "\nALLOWED_REFS=refs/heads/x\n');
  const env = { OIDC_AUDIENCE: "from-env", ALLOWED_REFS: "", PATH: "/bin", MAX_REQUESTS_PER_TOKEN: "3" };
  expect(readSettings(env, devVars)).toEqual({
    OIDC_AUDIENCE: "from-env",
    UPSTREAM_AUTH_PREFIX: "Bearer ",
    ALLOWED_REFS: "",
    ALLOWED_REPOS: "octo-org/octo-repo",
    MAX_REQUESTS_PER_TOKEN: "3",
    RATE_LIMIT_PER_SECOND: "5",
  });
});

it("takes a real key only together with a real upstream", () => {
  const key = { UPSTREAM_API_KEY: "sk-real" };
  expect(readSettings(key, noFile)).not.toHaveProperty("UPSTREAM_API_KEY");
  expect(readSettings({ ...key, UPSTREAM_URL: "" }, noFile)).not.toHaveProperty("UPSTREAM_URL");
  expect(readSettings({ ...key, UPSTREAM_URL: "https://api.example" }, noFile)).toMatchObject(key);
  expect(readSettings({ UPSTREAM_URL: "https://api.example" }, noFile)).toMatchObject({ UPSTREAM_API_KEY: "" });
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
