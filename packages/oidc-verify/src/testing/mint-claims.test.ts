import { expect, it } from "vitest";
import { parseSubject } from "../subject.ts";
import { createIssuer, createManualClock, type MintClaims } from "../testing.ts";

const clock = createManualClock();
const issuer = await createIssuer({ clock, alg: "ES256" });
const NOW = clock() / 1000;

async function minted(claims?: MintClaims): Promise<Record<string, unknown>> {
  const [, payload = ""] = (await issuer.mint(claims)).split(".");
  return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
}

it("is a push to main of octo-org/octo-repo, for GitHub's default audience, unless told otherwise", async () => {
  expect(await minted()).toMatchObject({
    iss: "https://token.actions.githubusercontent.com",
    aud: "https://github.com/octo-org",
    sub: "repo:octo-org/octo-repo:ref:refs/heads/main",
    iat: NOW,
    nbf: NOW - 300,
    exp: NOW + 300,
    repository: "octo-org/octo-repo",
    repository_id: "1296269",
    repository_owner: "octo-org",
    repository_owner_id: "9919",
    ref: "refs/heads/main",
    ref_type: "branch",
    event_name: "push",
    head_ref: "",
    base_ref: "",
    workflow_ref: "octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main",
    job_workflow_ref: "octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main",
  });
});

const pull = { event_name: "pull_request", ref: "refs/pull/1/merge", head_ref: "feature", base_ref: "main" };

it.each<[MintClaims, Record<string, unknown>]>([
  [
    { repository: "acme/shop" },
    {
      repository_owner: "acme",
      sub: "repo:acme/shop:ref:refs/heads/main",
      aud: "https://github.com/acme",
      workflow_ref: "acme/shop/.github/workflows/ci.yml@refs/heads/main",
      job_workflow_ref: "acme/shop/.github/workflows/ci.yml@refs/heads/main",
    },
  ],
  [{ repository_owner: "acme" }, { repository: "acme/octo-repo", sub: "repo:acme/octo-repo:ref:refs/heads/main" }],
  [
    { ref: "refs/tags/v1" },
    {
      ref_type: "tag",
      sub: "repo:octo-org/octo-repo:ref:refs/tags/v1",
      workflow_ref: "octo-org/octo-repo/.github/workflows/ci.yml@refs/tags/v1",
    },
  ],
  [{ environment: "production" }, { sub: "repo:octo-org/octo-repo:environment:production", event_name: "push" }],
  [{ environment: "a:b" }, { sub: "repo:octo-org/octo-repo:environment:a%3Ab", environment: "a:b" }],
  [{ event_name: "pull_request" }, { ...pull, sub: "repo:octo-org/octo-repo:pull_request" }],
  [{ head_ref: "mine" }, { ...pull, head_ref: "mine", sub: "repo:octo-org/octo-repo:pull_request" }],
  [{ base_ref: "next" }, { ...pull, base_ref: "next" }],
  [{ ref: "refs/pull/7/merge" }, { ...pull, ref: "refs/pull/7/merge" }],
  [
    { ...pull, environment: "preview" },
    { sub: "repo:octo-org/octo-repo:environment:preview", head_ref: "feature" },
  ],
  [
    { event_name: "pull_request_target" },
    { sub: "repo:octo-org/octo-repo:ref:refs/heads/main", head_ref: "feature", base_ref: "main" },
  ],
  [
    { job_workflow_ref: "octo-org/shared/.github/workflows/deploy.yml@refs/tags/v2" },
    { workflow_ref: "octo-org/octo-repo/.github/workflows/ci.yml@refs/heads/main" },
  ],
  [{ sha: "abc" }, { workflow_sha: "abc", job_workflow_sha: "abc" }],
  [{ iat: 1_000 }, { iat: 1_000, nbf: 700, exp: 1_300 }],
  [{ exp: 1_000 }, { iat: NOW, exp: 1_000 }],
  [{ sub: "custom", aud: ["a", "b"], iss: "https://other.test" }, {}],
  [{ repo_property_tier: ["gold"], anything: { at: "all" }, repository: 5 }, { repository_owner: "octo-org" }],
])("%j: the others follow", async (given, others) => {
  expect(await minted(given)).toMatchObject({ ...given, ...others });
});

it("gives a repository, an owner and an actor one number each, and others other ones", async () => {
  const name = "repository_id";
  const [first, again, second] = [
    await minted({ repository: "acme/shop", actor: "mona" }),
    await minted({ repository: "Acme/Shop", actor: "mona" }),
    await minted({ repository: "acme/desk", actor: "lisa" }),
  ];
  expect([again[name], again.repository_owner_id, again.actor_id]).toEqual([
    first[name],
    first.repository_owner_id,
    first.actor_id,
  ]);
  expect(second[name]).not.toBe(first[name]);
  expect(second.actor_id).not.toBe(first.actor_id);
  for (const id of [first[name], first.repository_owner_id, first.actor_id]) expect(id).toMatch(/^[1-9]\d*$/);
});

it("leaves out what is given as undefined", async () => {
  const claims = await minted({ exp: undefined, jti: undefined, ref: undefined });
  expect(Object.keys(claims).filter((name) => ["exp", "jti", "ref"].includes(name))).toEqual([]);
  expect(claims.sub).toBe("repo:octo-org/octo-repo:ref:refs/heads/main");
});

it("has a subject that parseSubject reads, and an id of its own", async () => {
  const [first, second] = [await minted({ environment: "a:b" }), await minted()];
  expect(parseSubject(`${first.sub}`)).toMatchObject({ kind: "environment", value: "a:b", repository: "octo-repo" });
  expect(first.jti).not.toBe(second.jti);
});

it("has text in every claim but the times", async () => {
  const { iat, nbf, exp, ...others } = await minted({ event_name: "pull_request" });
  expect([iat, nbf, exp].map((time) => typeof time)).toEqual(["number", "number", "number"]);
  for (const value of Object.values(others)) expect(value).toBeTypeOf("string");
});
