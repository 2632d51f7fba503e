import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Call, deploy, GONE, issuer, takeReceived } from "./harness.ts";

async function sendAll(proxy: Call, tokens: readonly string[]): Promise<number[]> {
  return Promise.all(
    tokens.map(async (token) => {
      const response = await proxy("/", { token });
      await response.body?.cancel();
      return response.status;
    }),
  );
}

const passed = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length;

/** Ids that no other test uses. */
function newRun(): Record<string, string> {
  const id = crypto.randomUUID();
  return { run_id: id, repository_id: `${id}-repository`, repository_owner_id: `${id}-owner` };
}

describe("a token's budget", () => {
  it("lets exactly 50 of 200 through that arrive at once", async () => {
    const token = await issuer.mint();
    await takeReceived();
    const statuses = await sendAll(deploy({ MAX_REQUESTS_PER_TOKEN: "50" }), Array(200).fill(token));
    expect(passed(statuses)).toBe(50);
    expect(statuses.filter((status) => status === 429)).toHaveLength(150);
    expect(await takeReceived()).toHaveLength(50);
  });

  it("lets exactly 50 through when the object is evicted in the middle", async () => {
    const jti = crypto.randomUUID();
    const token = await issuer.mint({ jti });
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "50" });
    const object = env.LIMITER.getByName(JSON.stringify(["", issuer.issuer, "token", jti]));
    let evictions = 0;
    const evict = () =>
      evictDurableObject(object).then(
        () => evictions++,
        () => {},
      ); // it may be starting just now
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [status = 0] = await sendAll(proxy, [token]);
        if (index % 20 === 0) await evict();
        return status;
      }),
    );
    await evict();
    const later = await sendAll(proxy, Array(20).fill(token));
    expect(evictions).toBeGreaterThan(1);
    expect([passed(statuses), passed(later)]).toEqual([50, 0]);
  });

  it("is the token's own", async () => {
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "3" });
    const [first = "", second = ""] = [await issuer.mint(), await issuer.mint()];
    const statuses = await sendAll(proxy, [...Array(5).fill(first), ...Array(5).fill(second)]);
    expect([passed(statuses.slice(0, 5)), passed(statuses.slice(5))]).toEqual([3, 3]);
  });

  it("starts for 100 tokens at once", async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => issuer.mint()));
    expect(passed(await sendAll(deploy(), tokens))).toBe(100);
  });
});

describe("wider limits", () => {
  it("bound a run that mints a hundred tokens", async () => {
    const run = newRun();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => issuer.mint(run)));
    expect(passed(await sendAll(deploy({ MAX_REQUESTS_PER_RUN: "30" }), tokens))).toBe(30);
  });

  it("count an attempt by itself, and another repository's run of the same number", async () => {
    const proxy = deploy({ MAX_REQUESTS_PER_RUN: "1" });
    const run = newRun();
    const tokens = [
      await issuer.mint(run),
      await issuer.mint(run),
      await issuer.mint({ ...run, run_attempt: "2" }),
      await issuer.mint({ ...run, repository_id: `another-${run.run_id}` }),
    ];
    const statuses = [];
    for (const token of tokens) statuses.push((await proxy("/", { token })).status);
    expect(statuses).toEqual([200, 429, 200, 200]);
  });

  it("give the narrower units back when a wider one is spent", async () => {
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "2", MAX_REQUESTS_PER_RUN: "1" });
    const run = newRun();
    const token = await issuer.mint(run);
    await proxy("/", { token: await issuer.mint(run) });
    expect((await proxy("/", { token })).headers.get("x-oidc-proxy-error")).toBe("run_budget_exhausted");
    const wider = deploy({ MAX_REQUESTS_PER_TOKEN: "2", MAX_REQUESTS_PER_RUN: "3" });
    const left = (await wider("/", { token })).headers.get("ratelimit");
    expect(left).toContain('"token";r=1');
  });

  // Scopes are nested, so what passes does not depend on the order: each level passes what it gets, up to its limit.
  it("hold exactly with 200 requests at once over 20 tokens of 4 runs of 2 repositories", async () => {
    const upTo = (max: number) => fc.integer({ min: 1, max });
    const shape = fc.record({
      token: upTo(15),
      run: upTo(60),
      repository: upTo(120),
      owner: upTo(220),
      requests: fc.array(fc.nat(19), { minLength: 200, maxLength: 200 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ token, run, repository, owner, requests }) => {
        const id = crypto.randomUUID();
        const tokens = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            issuer.mint({
              run_id: `${id}-${index % 4}`,
              repository_id: `${id}-${index % 2}`,
              repository_owner_id: id,
            }),
          ),
        );
        const proxy = deploy({
          MAX_REQUESTS_PER_TOKEN: String(token),
          MAX_REQUESTS_PER_RUN: String(run),
          MAX_REQUESTS_PER_REPO_PER_DAY: String(repository),
          MAX_REQUESTS_PER_OWNER_PER_DAY: String(owner),
        });
        const sum = (count: number, of: (index: number) => number) =>
          Array.from({ length: count }, (_, index) => of(index)).reduce((a, b) => a + b, 0);
        const ofToken = (index: number) => Math.min(token, requests.filter((each) => each === index).length);
        const ofRun = (index: number) =>
          Math.min(
            run,
            sum(5, (i) => ofToken(index + 4 * i)),
          );
        const ofRepository = (index: number) =>
          Math.min(
            repository,
            sum(2, (i) => ofRun(index + 2 * i)),
          );
        const expected = Math.min(owner, sum(2, ofRepository));

        const statuses = await sendAll(
          proxy,
          requests.map((index) => tokens[index] ?? ""),
        );
        expect(passed(statuses)).toBe(expected);
      }),
      { numRuns: 5 },
    );
  });
});

describe("not charged", () => {
  it("is what never reached the upstream", async () => {
    const token = await issuer.mint();
    const run = { MAX_REQUESTS_PER_TOKEN: "1" };
    const down = deploy({ ...run, UPSTREAM_URL: GONE });
    expect((await down("/", { token })).status).toBe(502);
    expect((await down("/", { token })).status).toBe(502);
    expect((await deploy(run)("/", { token })).status).toBe(200);
  });

  it("is what was refused for its path", async () => {
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "1" });
    const token = await issuer.mint();
    expect((await proxy(`/?token=${token}`, { token })).status).toBe(404);
    expect((await proxy("/a/..%2fb", { token })).status).toBe(404);
    expect((await proxy("/", { token })).status).toBe(200);
  });

  it("is charged nowhere if the token lacks what a wider limit counts by", async () => {
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "1", MAX_REQUESTS_PER_RUN: "5" });
    const jti = crypto.randomUUID();
    const lacking = await issuer.mint({ jti, run_attempt: undefined });
    expect((await proxy("/", { token: lacking })).status).toBe(401);
    expect((await proxy("/", { token: await issuer.mint({ jti }) })).status).toBe(200);
  });

  it("shows in what the caller is told", async () => {
    const down = deploy({ MAX_REQUESTS_PER_TOKEN: "5", UPSTREAM_URL: GONE });
    expect((await down("/", { token: await issuer.mint() })).headers.get("ratelimit")).toContain('"token";r=5');
  });

  it("is charged if the upstream got it and was too slow", async () => {
    const token = await issuer.mint();
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "1", UPSTREAM_TIMEOUT_SECONDS: "1" });
    expect((await proxy("/", { token, answer: { hang: true } })).status).toBe(504);
    expect((await proxy("/", { token })).headers.get("x-oidc-proxy-error")).toBe("budget_exhausted");
  });
});

describe("a limiter that fails", () => {
  it("refuses, gives back what was taken, and recovers by itself", async () => {
    const taken: string[] = [];
    const flaky = (failing: string) => ({
      getByName(key: string) {
        const object = env.LIMITER.getByName(key);
        const [, , scope] = JSON.parse(key);
        return {
          async take(...args: Parameters<typeof object.take>) {
            if (scope === failing) throw new Error("Durable Object is overloaded.");
            taken.push(`take ${scope}`);
            return object.take(...args);
          },
          async give(...args: Parameters<typeof object.give>) {
            taken.push(`give ${scope}`);
            return object.give(...args);
          },
        };
      },
    });
    const variables = { MAX_REQUESTS_PER_TOKEN: "1", MAX_REQUESTS_PER_RUN: "5" };
    const token = await issuer.mint(newRun());
    await takeReceived();
    const refused = await deploy({ ...variables, LIMITER: flaky("run") })("/", { token });
    expect(refused.status).toBe(503);
    expect(taken).toEqual(["take token", "give token"]);
    expect(await takeReceived()).toEqual([]);
    expect((await deploy(variables)("/", { token })).status).toBe(200);
  });
});
