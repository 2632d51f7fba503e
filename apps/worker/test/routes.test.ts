import { beforeEach, describe, expect, it } from "vitest";
import { deploy, issuer, takeReceived, upstreamUrl as upstream } from "./harness.ts";

beforeEach(async () => {
  await takeReceived();
});

const variables = {
  UPSTREAM_URL: "",
  UPSTREAM_AUTH_HEADER: "",
  CLAUDE_KEY: "sk-claude",
  NPM_KEY: "npm-old,npm-new",
  ROUTES: [
    {
      prefix: "/claude",
      preset: "anthropic",
      upstream,
      key: "CLAUDE_KEY",
      headers: { "anthropic-version": "2023-06-01" },
    },
    {
      prefix: "/npm",
      preset: "npm",
      upstream: `${upstream}/base`,
      key: "NPM_KEY",
      trust: [{ repository_id: "1296269", environment: "release" }],
      limits: { MAX_REQUESTS_PER_TOKEN: 1 },
    },
  ],
};
const proxy = deploy(variables);

describe("routes", () => {
  it("each have an upstream, a key and headers of their own", async () => {
    const token = await issuer.mint({ environment: "release" });
    await proxy("/claude/v1/messages", { method: "POST", token, body: "{}" });
    await proxy("/npm/@scope%2fname", { token });
    const [claude, npm] = await takeReceived();
    expect(claude).toMatchObject({ url: "/v1/messages", headers: { "x-api-key": "sk-claude" } });
    expect(claude?.headers["anthropic-version"]).toBe("2023-06-01");
    expect(npm).toMatchObject({ url: "/base/@scope%2fname", headers: { authorization: "Bearer npm-old" } });
  });

  it("pass only what they allow", async () => {
    const token = await issuer.mint();
    const statuses = [];
    for (const path of [
      "/claude/v1/organizations/keys",
      "/claude/v1/files",
      "/claudette/v1/models",
      "/",
      "/claude/v1//models",
    ])
      statuses.push((await proxy(path, { token })).status);
    expect(statuses).toEqual([404, 404, 404, 404, 404]);
    expect(await takeReceived()).toEqual([]);
  });

  it("have trust rules of their own; a refusal names the claim and not the rule", async () => {
    const response = await proxy("/npm/left-pad", { token: await issuer.mint({ environment: "test" }) });
    expect([response.status, await response.json()]).toEqual([
      403,
      {
        error: "oidc-proxy: Not allowed by trust policy: environment",
        code: "untrusted",
      },
    ]);
    expect((await proxy("/claude/v1/models", { token: await issuer.mint() })).status).toBe(200);
  });

  it("have limits of their own, counted apart", async () => {
    const token = await issuer.mint({ environment: "release" });
    const statuses = [];
    for (const path of ["/npm/a", "/npm/b", "/claude/v1/models"]) statuses.push((await proxy(path, { token })).status);
    expect(statuses).toEqual([200, 429, 200]);
  });

  it("use the second key when the first is refused", async () => {
    const token = await issuer.mint({ environment: "release" });
    await proxy("/npm/left-pad", { token, answer: { status: 401 } });
    const keys = (await takeReceived()).map(({ headers }) => headers.authorization);
    expect(keys).toEqual(["Bearer npm-old", "Bearer npm-new"]);
  });
});

describe("a header from a secret of its own", () => {
  const datadog = deploy({
    ...variables,
    DD_API_KEY: "dd-api",
    DD_APPLICATION_KEY: "dd-app",
    GATEWAY_TOKEN: "gw",
    ROUTES: [
      {
        upstream,
        authHeader: "DD-API-KEY",
        key: "DD_API_KEY",
        headers: {
          "DD-APPLICATION-KEY": { secret: "DD_APPLICATION_KEY" },
          "cf-aig-authorization": { secret: "GATEWAY_TOKEN", prefix: "Bearer " },
        },
      },
    ],
  });

  it("goes upstream beside the key, in the place of the caller's", async () => {
    const headers = { "DD-APPLICATION-KEY": "evil", "cf-aig-authorization": "Bearer evil" };
    await datadog("/api/v1/series", { token: await issuer.mint(), headers });
    const [received] = await takeReceived();
    expect(received?.headers).toMatchObject({
      "dd-api-key": "dd-api",
      "dd-application-key": "dd-app",
      "cf-aig-authorization": "Bearer gw",
    });
  });

  it("does not come back, however short it is", async () => {
    const answer = {
      headers: [
        ["x-echo", "key dd-app"],
        ["x-fine", "1"],
      ] as [string, string][],
    };
    const response = await datadog("/", { token: await issuer.mint(), answer });
    expect([response.headers.get("x-echo"), response.headers.get("x-fine")]).toEqual([null, "1"]);
  });
});

describe("TRUST_POLICY", () => {
  const policy = deploy({
    ALLOWED_REPOS: "",
    TRUST_POLICY: JSON.stringify([
      { repository_id: "1296269", event_name: ["push", "workflow_dispatch"], runner_environment: "github-hosted" },
      {
        repository_owner: "Octo-Org",
        job_workflow_ref: "octo-org/workflows/.github/workflows/release.yml@refs/tags/*",
      },
    ]),
  });

  it.each<[Record<string, string>, number, string?]>([
    [{}, 200],
    [{ repository: "renamed/since", repository_id: "1296269" }, 200],
    [{ event_name: "pull_request_target" }, 403, "Not allowed by trust policy: event_name, job_workflow_ref"],
    [
      {
        event_name: "pull_request_target",
        job_workflow_ref: "octo-org/workflows/.github/workflows/release.yml@refs/tags/v1",
      },
      200,
    ],
    [
      { repository_id: "5", repository: "octo-org-evil/octo-repo" },
      403,
      "Not allowed by trust policy: repository_id, repository_owner, job_workflow_ref",
    ],
  ])("%j → %i", async (claims, status, error) => {
    const response = await policy("/", { token: await issuer.mint(claims) });
    expect(response.status).toBe(status);
    if (error) expect(await response.json()).toEqual({ error });
  });
});
