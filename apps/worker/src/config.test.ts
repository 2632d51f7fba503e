import { describe, expect, it } from "vitest";
import { readSettings } from "./config.ts";

const valid = {
  OIDC_AUDIENCE: "goose-oidc-proxy",
  UPSTREAM_URL: "https://api.example.com",
  UPSTREAM_API_KEY: "sk-secret",
};

function settingsOf(change: object) {
  const { settings, faults } = readSettings({ ...valid, ...change });
  expect(faults).toBeUndefined();
  if (!settings) throw new Error("no settings");
  return settings;
}

describe("defaults", () => {
  it("are those of the contract, and an empty string means unset", () => {
    const defaults = {
      OIDC_ISSUER: "https://token.actions.githubusercontent.com",
      MAX_TOKEN_AGE_SECONDS: undefined,
      ENFORCE_TOKEN_EXPIRY: false,
      MAX_REQUESTS_PER_TOKEN: 200,
      RATE_LIMIT_PER_SECOND: 2,
      MAX_REQUESTS_PER_RUN: undefined,
      MAX_REQUESTS_PER_REPO_PER_DAY: undefined,
      MAX_REQUESTS_PER_OWNER_PER_DAY: undefined,
      BUDGET_EXHAUSTED_STATUS: 429,
      ALLOWED_REPOS: undefined,
      ALLOWED_REFS: undefined,
      UPSTREAM_AUTH_HEADER: "Authorization",
      UPSTREAM_AUTH_PREFIX: "",
      UPSTREAM_TIMEOUT_SECONDS: 600,
      CORS_ORIGIN: "*",
      CORS_EXTRA_HEADERS: undefined,
    };
    expect(settingsOf({})).toMatchObject(defaults);
    expect(settingsOf(Object.fromEntries(Object.keys(defaults).map((name) => [name, ""])))).toMatchObject(defaults);
  });
});

describe("accepted", () => {
  it.each<[string, unknown, unknown]>([
    [
      "OIDC_ISSUER",
      "https://token.actions.githubusercontent.com/octo/",
      "https://token.actions.githubusercontent.com/octo",
    ],
    ["OIDC_ISSUER", "http://127.0.0.1:8801", "http://127.0.0.1:8801"],
    ["OIDC_AUDIENCE", " a , b ,, ", ["a", "b"]],
    ["MAX_TOKEN_AGE_SECONDS", "1200", 1200],
    ["MAX_TOKEN_AGE_SECONDS", 1200, 1200],
    ["ENFORCE_TOKEN_EXPIRY", "true", true],
    ["ENFORCE_TOKEN_EXPIRY", true, true],
    ["BUDGET_EXHAUSTED_STATUS", "403", 403],
    ["ALLOWED_REPOS", "Octo-Org/octo.repo, other/*", ["Octo-Org/octo.repo", "other/*"]],
    ["ALLOWED_REFS", "refs/heads/main,refs/tags/v*", ["refs/heads/main", "refs/tags/v*"]],
    ["UPSTREAM_URL", "https://api.example.com/base/v1/", "https://api.example.com/base/v1"],
    ["UPSTREAM_URL", "http://localhost:8080", "http://localhost:8080"],
    ["UPSTREAM_URL", "http://[::1]:8080/x", "http://[::1]:8080/x"],
    ["UPSTREAM_AUTH_HEADER", "x-api-key", "x-api-key"],
    ["UPSTREAM_AUTH_PREFIX", "Bearer ", "Bearer "],
    ["UPSTREAM_API_KEY", "sk-old, sk-new", ["sk-old", "sk-new"]],
    ["CORS_ORIGIN", "off", "off"],
    ["CORS_ORIGIN", "https://a.example, http://localhost:3000", ["https://a.example", "http://localhost:3000"]],
    ["CORS_EXTRA_HEADERS", "anthropic-version, x-foo", ["anthropic-version", "x-foo"]],
  ])("%s=%j", (name, value, expected) => {
    expect(settingsOf({ [name]: value })).toHaveProperty(name, expected);
  });
});

describe("refused", () => {
  const integers = ["MAX_TOKEN_AGE_SECONDS", "MAX_REQUESTS_PER_TOKEN", "RATE_LIMIT_PER_SECOND", "MAX_REQUESTS_PER_RUN"];
  const notIntegers = [
    "0",
    "-1",
    "1e3",
    "2 per second",
    "01",
    "1.5",
    "abc",
    " 5",
    "+5",
    "0x10",
    "Infinity",
    "9".repeat(10),
  ];
  const lists = [
    "OIDC_AUDIENCE",
    "ALLOWED_REPOS",
    "ALLOWED_REFS",
    "CORS_ORIGIN",
    "CORS_EXTRA_HEADERS",
    "UPSTREAM_API_KEY",
  ];

  it.each<[string, unknown]>([
    ["OIDC_AUDIENCE", ""],
    ["OIDC_AUDIENCE", undefined],
    ["UPSTREAM_URL", ""],
    ["UPSTREAM_API_KEY", ""],
    ["OIDC_AUDIENCE", { list: true }],
    ...integers.flatMap((name) => notIntegers.map((value): [string, unknown] => [name, value])),
    ...lists.flatMap((name) => [",", " ", " , "].map((value): [string, unknown] => [name, value])),
    ["OIDC_ISSUER", "http://token.example.com"],
    ["OIDC_ISSUER", "token.actions.githubusercontent.com"],
    ["OIDC_ISSUER", "https://token.example.com?x"],
    ["ENFORCE_TOKEN_EXPIRY", "yes"],
    ["ENFORCE_TOKEN_EXPIRY", "TRUE"],
    ["BUDGET_EXHAUSTED_STATUS", "200"],
    ["ALLOWED_REPOS", "*"],
    ["ALLOWED_REPOS", "*/*"],
    ["ALLOWED_REPOS", "octo"],
    ["ALLOWED_REPOS", "octo/a/b"],
    ["ALLOWED_REPOS", "octo/repo-*"],
    ["ALLOWED_REPOS", "octo/repo other/repo"],
    ["ALLOWED_REFS", "main"],
    ["UPSTREAM_URL", "http://api.example.com"],
    ["UPSTREAM_URL", "http://localhost.evil.test"],
    ["UPSTREAM_URL", "ftp://api.example.com"],
    ["UPSTREAM_URL", "https://user@api.example.com"],
    ["UPSTREAM_URL", "https://api.example.com/a/../b"],
    ["UPSTREAM_URL", "https://api.example.com/%2e%2e/b"],
    ["UPSTREAM_URL", "https://api.example.com//b"],
    ["UPSTREAM_URL", "https://api.example.com/?key=1"],
    ["UPSTREAM_URL", "https://api.example.com/\\b"],
    ["UPSTREAM_AUTH_HEADER", "x api key"],
    ["UPSTREAM_AUTH_HEADER", "x-api-key:"],
    ["UPSTREAM_AUTH_HEADER", "Host"],
    ["UPSTREAM_AUTH_HEADER", "connection"],
    ["UPSTREAM_AUTH_PREFIX", "Bearer\r\nx: y"],
    ["UPSTREAM_API_KEY", "sk-a\nsk-b"],
    ["UPSTREAM_API_KEY", "a,b,c"],
    ["CORS_ORIGIN", "*, https://a.example"],
    ["CORS_ORIGIN", "https://a.example, off"],
    ["CORS_ORIGIN", "https://a.example/"],
    ["CORS_ORIGIN", "a.example"],
    ["CORS_EXTRA_HEADERS", "x foo"],
  ])("%s=%j", (name, value) => {
    const { settings, faults } = readSettings({ ...valid, [name]: value });
    expect(settings).toBeUndefined();
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name} (must|is required)`))]);
  });

  it("reports all faults at once and quotes no value", () => {
    const { faults } = readSettings({
      UPSTREAM_URL: "http://sk-secret.example.com",
      UPSTREAM_API_KEY: "sk-secret with blanks",
      RATE_LIMIT_PER_SECOND: "sk-secret",
    });
    expect(faults?.map((fault) => fault.split(" ")[0])).toEqual([
      "OIDC_AUDIENCE",
      "RATE_LIMIT_PER_SECOND",
      "UPSTREAM_URL",
      "UPSTREAM_API_KEY",
    ]);
    expect(faults?.join()).not.toContain("sk-secret");
  });
});
