import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Call, deploy, GONE, issuer, takeReceived, upstreamUrl } from "./harness.ts";

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

describe("a limit that a route sets itself", () => {
  const route = (prefix: string, limits: object) => ({ prefix, upstream: upstreamUrl, key: "KEY", limits });
  const proxy = deploy({
    UPSTREAM_URL: "",
    UPSTREAM_AUTH_HEADER: "",
    KEY: "sk-a",
    MAX_REQUESTS_PER_TOKEN: "3",
    RATE_LIMIT_PER_SECOND: "2",
    ROUTES: [
      route("/plain", {}),
      route("/rate", { RATE_LIMIT_PER_SECOND: 1000 }),
      route("/slow", { RATE_LIMIT_PER_SECOND: 1 }),
      route("/budget", { MAX_REQUESTS_PER_TOKEN: 2 }),
    ],
  });
  const send = async (token: string, paths: readonly string[]) => {
    const codes = [];
    for (const path of paths) codes.push((await proxy(path, { token })).headers.get("x-oidc-proxy-error"));
    return codes;
  };

  it("is counted by itself, and nothing else: a rate brings no new budget", async () => {
    const paths = ["/rate", "/rate", "/rate", "/rate", "/plain"];
    expect(await send(await issuer.mint(), paths)).toEqual([null, null, null, "budget_exhausted", "budget_exhausted"]);
  });

  it("and a budget brings no new rate", async () => {
    const paths = ["/budget", "/plain", "/plain"];
    expect(await send(await issuer.mint(), paths)).toEqual([null, null, "rate_limited"]);
    expect(await send(await issuer.mint(), ["/plain", "/budget", "/budget"])).toEqual([null, null, "rate_limited"]);
  });

  it("costs nothing elsewhere when it denies", async () => {
    const paths = ["/slow", "/slow", "/slow", "/slow", "/rate", "/rate", "/rate"];
    const late = Array(3).fill("rate_limited");
    expect(await send(await issuer.mint(), paths)).toEqual([null, ...late, null, null, "budget_exhausted"]);
  });
});

describe("a burst", () => {
  it.each([
    ["by the variables", "/", { RATE_LIMIT_PER_SECOND: "2" }],
    [
      "by a route of its own",
      "/slow",
      {
        UPSTREAM_URL: "",
        UPSTREAM_AUTH_HEADER: "",
        ROUTES: [{ prefix: "/slow", upstream: upstreamUrl, key: "KEY", limits: { RATE_LIMIT_PER_SECOND: 2 } }],
        KEY: "sk-a",
      },
    ],
  ])("is told to come back two by two, a second and a bit apart: %s", async (_name, path, variables) => {
    const token = await issuer.mint();
    const proxy = deploy(variables);
    const answers = await Promise.all(Array.from({ length: 20 }, () => proxy(path, { token })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.map(({ headers }) => headers.get("retry-after"))).toEqual(Array(18).fill("1"));
    const turns = refused.map(({ headers }) => Number(headers.get("retry-after-ms"))).sort((a, b) => a - b);
    turns.slice(2).forEach((turn, i) => {
      expect(turn - (turns[i] ?? 0)).toBeGreaterThan(1000);
    });
    expect(turns.at(-1)).toBeLessThan(10_000);
  });
});

describe("what is spent", () => {
  /** The real objects, and a record of who was asked. */
  function recording() {
    const asked: string[] = [];
    const getByName = (key: string) => {
      asked.push(JSON.parse(key)[2]);
      return env.LIMITER.getByName(key);
    };
    return { asked, LIMITER: { getByName } };
  }

  it.each([
    ["MAX_REQUESTS_PER_TOKEN", "budget_exhausted"],
    ["MAX_REQUESTS_PER_RUN", "run_budget_exhausted"],
    ["MAX_REQUESTS_PER_REPO_PER_DAY", "repository_budget_exhausted"],
    ["MAX_REQUESTS_PER_OWNER_PER_DAY", "owner_budget_exhausted"],
  ])("is remembered: after the first denial nobody is asked, whatever is minted (%s)", async (variable, code) => {
    const { asked, LIMITER } = recording();
    const proxy = deploy({ [variable]: "1", LIMITER });
    const ids = { ...newRun(), jti: crypto.randomUUID() };
    const token = await issuer.mint(ids);
    expect((await proxy("/", { token })).status).toBe(200);
    expect((await proxy("/", { token })).headers.get("x-oidc-proxy-error")).toBe(code);
    asked.length = 0;
    const isToken = variable === "MAX_REQUESTS_PER_TOKEN";
    const others = Array.from({ length: 20 }, (_, i) => (isToken ? {} : { jti: `${ids.jti}-${i}` }));
    for (const other of others) {
      const denied = await proxy("/", { token: await issuer.mint({ ...ids, ...other }) });
      expect([denied.status, denied.headers.get("x-oidc-proxy-error")]).toEqual([429, code]);
      expect(denied.headers.get("ratelimit")).toMatch(/;r=0/);
    }
    expect(asked).toEqual([]);
    expect((await proxy("/", { token: await issuer.mint(newRun()) })).status).toBe(200);
  });

  it("is known to all that arrive at once, from who took the last unit", async () => {
    const { asked, LIMITER } = recording();
    const proxy = deploy({ MAX_REQUESTS_PER_RUN: "1", LIMITER });
    const run = newRun();
    expect((await proxy("/", { token: await issuer.mint(run) })).status).toBe(200);
    asked.length = 0;
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.mint(run)));
    expect(passed(await sendAll(proxy, tokens))).toBe(0);
    expect(asked).toEqual([]);
  });

  it("is asked for again when a wider limit that failed has returned a unit", async () => {
    let fails = true;
    const getByName = (key: string) => {
      const object = env.LIMITER.getByName(key);
      const isOwner = JSON.parse(key)[2] === "owner";
      return isOwner && fails ? { take: () => Promise.reject(new Error("overloaded")) } : object;
    };
    const variables = { MAX_REQUESTS_PER_TOKEN: "9", MAX_REQUESTS_PER_RUN: "1", MAX_REQUESTS_PER_OWNER_PER_DAY: "9" };
    const proxy = deploy({ ...variables, LIMITER: { getByName } });
    const run = newRun();
    const tokens = [await issuer.mint(run), await issuer.mint(run)];
    const statuses = await Promise.all(tokens.map(async (token) => (await proxy("/", { token })).status));
    expect(statuses.every((status) => status === 503 || status === 429)).toBe(true);
    fails = false;
    expect((await proxy("/", { token: tokens[0] ?? "" })).status).toBe(200);
  });
});

describe("not charged", () => {
  it("is what was refused for its path or its upgrade", async () => {
    const proxy = deploy({ MAX_REQUESTS_PER_TOKEN: "1" });
    const token = await issuer.mint();
    expect((await proxy(`/?token=${token}`, { token })).status).toBe(404);
    expect((await proxy("/", { token, headers: { upgrade: "websocket" } })).status).toBe(426);
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

  it("is charged if the upstream takes no connection, as this runtime cannot tell, and the caller is told", async () => {
    const down = deploy({ MAX_REQUESTS_PER_TOKEN: "1", UPSTREAM_URL: GONE });
    const token = await issuer.mint();
    expect((await down("/", { token })).headers.get("ratelimit")).toContain('"token";r=0');
    expect((await down("/", { token })).headers.get("x-oidc-proxy-error")).toBe("budget_exhausted");
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
