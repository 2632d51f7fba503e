import { exports } from "cloudflare:workers";
import { parseList } from "structured-headers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { deploy, type Echo, GONE, issuer, KEY, PROXY, takeReceived, upstreamUrl } from "./harness.ts";

beforeEach(async () => {
  await takeReceived();
});

describe("as an operator configures it", () => {
  it("is closed to any other repository", async () => {
    const response = await exports.default.fetch(`${PROXY}/v1/messages`, {
      headers: { "x-api-key": await issuer.mint() },
    });
    expect(response.status).toBe(403);
    expect(await takeReceived()).toEqual([]);
  });

  it("lets in the very repository that the operator names, and injects the key", async () => {
    const token = await issuer.mint({ repository: "-nobody-/-nothing-" });
    const response = await exports.default.fetch(`${PROXY}/v1/messages?beta=true`, {
      method: "POST",
      headers: { "x-api-key": token, "anthropic-version": "2023-06-01" },
      body: '{"model":"m"}',
    });
    expect(response.status).toBe(200);
    const [request] = await takeReceived();
    expect(request).toMatchObject({ method: "POST", url: "/v1/messages?beta=true", body: '{"model":"m"}' });
    expect(request?.headers).toMatchObject({ "x-api-key": KEY, "anthropic-version": "2023-06-01" });
    expect(JSON.stringify(request)).not.toContain(token.slice(0, 20));
  });
});

describe("the key", () => {
  it.each<[string, Record<string, string>, string, string]>([
    ["by default", { UPSTREAM_AUTH_HEADER: "" }, "authorization", KEY],
    [
      "with a prefix",
      { UPSTREAM_AUTH_HEADER: "Authorization", UPSTREAM_AUTH_PREFIX: "Bearer " },
      "authorization",
      `Bearer ${KEY}`,
    ],
    ["in a header of the API's own", { UPSTREAM_AUTH_HEADER: "X-Custom-Key" }, "x-custom-key", KEY],
  ])("%s", async (_, variables, name, value) => {
    await deploy(variables)("/", { token: await issuer.mint() });
    const [request] = await takeReceived();
    expect(request?.headers[name]).toBe(value);
  });

  it("goes below the base path, with or without its slash", async () => {
    const base = `${upstreamUrl}/base/v1`;
    const token = await issuer.mint();
    await deploy({ UPSTREAM_URL: base })("/models", { token });
    await deploy({ UPSTREAM_URL: `${base}/` })("/models", { token });
    expect((await takeReceived()).map(({ url }) => url)).toEqual(["/base/v1/models", "/base/v1/models"]);
  });
});

describe("the caller's token", () => {
  it.each<[string, (token: string) => Record<string, string>]>([
    ["x-api-key", (token) => ({ "x-api-key": token })],
    ["Authorization: Bearer", (token) => ({ authorization: `bEaReR ${token}` })],
    ["api-key", (token) => ({ "api-key": token })],
    ["x-goog-api-key", (token) => ({ "x-goog-api-key": token })],
    ["several at once", (token) => ({ "x-api-key": token, authorization: `Bearer ${token}`, "api-key": token })],
    ["x-api-key before another", (token) => ({ "x-api-key": token, authorization: "Bearer another-credential" })],
  ])("is read from %s", async (_, headers) => {
    const token = await issuer.mint();
    const response = await deploy()("/", { headers: headers(token) });
    expect(response.status).toBe(200);
    const [request] = await takeReceived();
    expect(JSON.stringify(request)).not.toMatch(/another-credential|eyJ/);
  });
});

describe("trust", () => {
  it.each<[Record<string, string>, Record<string, unknown>, number]>([
    [{ ALLOWED_REPOS: "" }, { repository: "anyone/at-all" }, 200],
    [{ ALLOWED_REPOS: "OCTO-org/Octo-Repo" }, {}, 200],
    [{ ALLOWED_REPOS: "other/one, octo-org/*" }, {}, 200],
    [{ ALLOWED_REPOS: "octo/*" }, {}, 403],
    [{ ALLOWED_REPOS: "octo-org/octo" }, {}, 403],
    [{ ALLOWED_REFS: "refs/heads/main" }, {}, 200],
    [{ ALLOWED_REFS: "refs/heads/Main" }, {}, 403],
    [{ ALLOWED_REFS: "refs/tags/v*" }, { ref: "refs/tags/v1.2" }, 200],
    [{ ALLOWED_REFS: "refs/tags/v*" }, { ref: "refs/heads/refs/tags/v1" }, 403],
    [{ ALLOWED_REPOS: "", ALLOWED_REFS: "refs/heads/main" }, { repository: "anyone/at-all" }, 200],
  ])("%j %j → %i", async (variables, claims, status) => {
    const response = await deploy(variables)("/", { token: await issuer.mint(claims) });
    expect(response.status).toBe(status);
  });
});

describe("age and expiry", () => {
  const ago = (seconds: number) => ({ iat: Math.floor(Date.now() / 1000) - seconds });

  it("takes a recently expired token if a maximum age is set, unless expiry is enforced", async () => {
    const token = await issuer.mint(ago(600));
    expect((await deploy({ MAX_TOKEN_AGE_SECONDS: "1200" })("/", { token })).status).toBe(200);
    expect((await deploy({ MAX_TOKEN_AGE_SECONDS: "" })("/", { token })).status).toBe(401);
    expect((await deploy({ ENFORCE_TOKEN_EXPIRY: "true" })("/", { token })).status).toBe(401);
  });
});

describe("what the caller learns", () => {
  it("is what is left, in structured fields beside the upstream's own", async () => {
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "5", RATE_LIMIT_PER_SECOND: "3", MAX_REQUESTS_PER_RUN: "7" });
    const response = await proxy("/", {
      token: await issuer.mint({ run_id: crypto.randomUUID() }),
      answer: {
        headers: [
          ["RateLimit", '"upstream";r=1'],
          ["RateLimit-Policy", '"upstream";q=2'],
        ],
      },
    });
    const read = (name: string) =>
      parseList(response.headers.get(name) ?? "").map(([item, parameters]) => [item, Object.fromEntries(parameters)]);
    expect(read("ratelimit-policy")).toEqual([
      ["upstream", { q: 2 }],
      ["token", { q: 5 }],
      ["rate", { q: 3, w: 1 }],
      ["run", { q: 7 }],
    ]);
    expect(read("ratelimit")).toEqual([
      ["upstream", { r: 1 }],
      ["token", { r: 4 }],
      ["rate", { r: 2, t: 1 }],
      ["run", { r: 6 }],
    ]);
  });

  it("is the milliseconds to wait, beside the whole second", async () => {
    const proxy = deploy({ RATE_LIMIT_PER_SECOND: "1" });
    const token = await issuer.mint();
    await proxy("/", { token });
    const response = await proxy("/", { token });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(Number(response.headers.get("retry-after-ms"))).toBeGreaterThan(0);
    expect(Number(response.headers.get("retry-after-ms"))).toBeLessThanOrEqual(1000);
  });
});

describe("the log", () => {
  it("names each caller at first use and when refused, counts strangers, and holds no secret and nothing unverified", async () => {
    const lines = vi.spyOn(console, "log");
    const proxy = deploy({ UPSTREAM_API_KEY: `${KEY},sk-the-second-key`, MAX_REQUESTS_PER_TOKEN: "3" });
    const token = await issuer.mint();
    const forged = await issuer.mint({ repository: "forged/claim" }, { kid: "unknown-kid" });
    await proxy("/", { token });
    await proxy("/", { token, answer: { headers: [["x-debug", `key was ${KEY}`]] } });
    await proxy("/", { token });
    await proxy("/", { token });
    for (let i = 0; i < 3; i++) await proxy("/", { token: forged });
    await proxy("/", { token: await issuer.mint({ repository: "evil/repo" }) });
    await proxy("/", { token: await issuer.mint({ aud: "sts.amazonaws.com" }) });
    await deploy({ UPSTREAM_URL: GONE })("/", { token });
    const logged = () => lines.mock.calls.map(([line]) => JSON.parse(line));
    await vi.waitFor(() => expect(logged().some(({ count }) => count === 3)).toBe(true), { timeout: 10_000 });
    const events = logged();
    lines.mockRestore();

    const caller = { repository: "octo-org/octo-repo", ref: "refs/heads/main", run_id: "9988776655", actor: "octocat" };
    expect(events.filter(({ count, code }) => count !== undefined && code === "key_not_found")).toEqual([
      { event: "refused", status: 401, code: "key_not_found", count: 3 },
    ]);
    expect(events.filter(({ count }) => count === undefined)).toEqual([
      expect.objectContaining({ event: "first_use", ...caller }),
      { event: "header_dropped", route: "/", header: "x-debug" },
      expect.objectContaining({ event: "refused", status: 429, code: "budget_exhausted", ...caller }),
      expect.objectContaining({
        ...caller,
        event: "refused",
        status: 403,
        code: "untrusted",
        reason: "Repository 'evil/repo' not allowed",
        failed: { repository: "evil/repo" },
        repository: "evil/repo",
      }),
      expect.objectContaining({
        ...caller,
        event: "refused",
        status: 401,
        code: "claim_invalid",
        reason: "Invalid audience: 'sts.amazonaws.com', expected 'goose-oidc-proxy'",
      }),
      expect.objectContaining({ event: "first_use", ...caller }),
      expect.objectContaining({ event: "refused", status: 502, code: "upstream_unreachable", ...caller }),
    ]);
    const text = JSON.stringify(events);
    for (const secret of [KEY, "sk-the-second-key", token.slice(-40), "forged", "unknown-kid"]) {
      expect(text).not.toContain(secret);
    }
  });

  it("says of several rules which claims failed, and what they were", async () => {
    const lines = vi.spyOn(console, "log");
    const TRUST_POLICY = [
      { repository_id: "1", environment: "production", enterprise: "octo" },
      { repository_owner: "octo-org", ref: "refs/tags/*" },
    ];
    await deploy({ ALLOWED_REPOS: "", TRUST_POLICY })("/", { token: await issuer.mint({ environment: "test" }) });
    const [line] = lines.mock.calls.map(([text]) => JSON.parse(text));
    lines.mockRestore();
    const failed = { repository_id: "1296269", environment: "test", enterprise: null, ref: "refs/heads/main" };
    expect(line.failed).toEqual(failed);
    expect(JSON.stringify(line)).not.toMatch(/production|refs.tags/);
  });

  it("warns once, not for each request, if any repository may call", async () => {
    const lines = vi.spyOn(console, "log");
    const proxy = deploy({ ALLOWED_REPOS: "", ALLOWED_REFS: "refs/heads/main" });
    await proxy("/", { token: await issuer.mint() });
    await proxy("/", { token: await issuer.mint() });
    const warnings = lines.mock.calls.filter(([line]) => line.includes("ALLOWED_REPOS"));
    lines.mockRestore();
    expect(warnings).toHaveLength(1);
  });
});

describe("CORS", () => {
  const preflight = {
    method: "OPTIONS",
    headers: { origin: "https://app.example", "access-control-request-method": "POST" },
  };

  it("answers a preflight without a token and forwards none", async () => {
    const response = await deploy({ CORS_EXTRA_HEADERS: "anthropic-version" })("/v1/messages", preflight);
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "Authorization, Content-Type, x-api-key, anthropic-version",
      "access-control-max-age": "86400",
    });
    expect(await takeReceived()).toEqual([]);
  });

  it("is the proxy's own business: the upstream's fields never pass", async () => {
    const answer = { headers: [["access-control-allow-origin", "https://evil.example"]] as [string, string][] };
    const token = await issuer.mint();
    const named = await deploy({ CORS_ORIGIN: "https://app.example,https://b.example" })("/", {
      token,
      answer,
      headers: { origin: "https://b.example" },
    });
    expect(named.headers.get("access-control-allow-origin")).toBe("https://b.example");
    expect(named.headers.get("vary")).toBe("Origin");
    const off = await deploy({ CORS_ORIGIN: "off" })("/", { token, answer });
    expect([...off.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("lets a page read why it is refused, misconfiguration included", async () => {
    const responses = [await deploy()("/"), await deploy({ UPSTREAM_URL: "" })("/")];
    for (const response of responses) {
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-expose-headers")).toContain("x-oidc-proxy-error");
    }
  });
});

it("passes an OPTIONS that is no preflight on, and asks it for a token", async () => {
  const proxy = deploy();
  expect((await proxy("/", { method: "OPTIONS" })).status).toBe(401);
  const response = await proxy("/", { method: "OPTIONS", token: await issuer.mint() });
  expect(((await response.json()) as Echo).method).toBe("OPTIONS");
});
