// The stored form is public: what an older version of the package wrote is read by the next, and during a gradual deployment the worker
// of one version asks the object of another. What stands here as text is version 1 of the schema. Whoever must change a text here
// changes the form: CONTRIBUTING says what that takes.

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { GitHubClaims } from "@org/oidc-verify";
import { limitFromSpec } from "@org/token-limiter";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBudget } from "./budget.ts";
import { createDurableLimiter } from "./durable-limiter.ts";
import type { LimiterObject } from "./limiter-object.ts";
import { type Allowance, type LimitName, limitNames } from "./limits.ts";

type Stub = DurableObjectStub<LimiterObject>;

const START = Date.UTC(2100, 0, 1, 12);
const LATER = START + 400;
const TOKEN_END = START + 600_000;
const RUN_END = START + 35 * 86_400_000;
const DAY_END = Date.UTC(2100, 0, 2);

/** How some limits are asked and stored. */
interface Form {
  limits: LimitName[];
  /** The object's name, where the count is all routes'. */
  object: string;
  /** What it is asked to count by. */
  spec: string;
  /** What it holds after one take, and after another, 400 ms later. */
  states: [string, string];
  expiresAt: number;
}

const FORMS: Form[] = [
  {
    limits: ["rate", "token"],
    object: '["","https://issuer.test","token","jti-1"]',
    spec: '{"kind":"every","limits":[{"kind":"quota","name":"token","limit":5},{"kind":"sliding_window","name":"rate","limit":5,"windowMs":1000}]}',
    states: [
      '{"token":{"used":1,"windowStart":0},"rate":{"runs":[4102488000000,1]}}',
      '{"token":{"used":2,"windowStart":0},"rate":{"runs":[4102488000000,1,4102488000400,1]}}',
    ],
    expiresAt: TOKEN_END,
  },
  {
    limits: ["rate"],
    object: '["","https://issuer.test","token","jti-1"]',
    spec: '{"kind":"every","limits":[{"kind":"sliding_window","name":"rate","limit":5,"windowMs":1000}]}',
    states: ['{"rate":{"runs":[4102488000000,1]}}', '{"rate":{"runs":[4102488000000,1,4102488000400,1]}}'],
    expiresAt: TOKEN_END,
  },
  {
    limits: ["token"],
    object: '["","https://issuer.test","token","jti-1"]',
    spec: '{"kind":"every","limits":[{"kind":"quota","name":"token","limit":5}]}',
    states: ['{"token":{"used":1,"windowStart":0}}', '{"token":{"used":2,"windowStart":0}}'],
    expiresAt: TOKEN_END,
  },
  {
    limits: ["run"],
    object: '["","https://issuer.test","run","42","1001","2"]',
    spec: '{"kind":"quota","name":"run","limit":5}',
    states: ['{"used":1,"windowStart":0}', '{"used":2,"windowStart":0}'],
    expiresAt: RUN_END,
  },
  {
    limits: ["repository"],
    object: '["","https://issuer.test","repository","42"]',
    spec: '{"kind":"quota","name":"repository","limit":5,"windowMs":86400000}',
    states: ['{"used":1,"windowStart":4102444800000}', '{"used":2,"windowStart":4102444800000}'],
    expiresAt: DAY_END,
  },
  {
    limits: ["owner"],
    object: '["","https://issuer.test","owner","7"]',
    spec: '{"kind":"quota","name":"owner","limit":5,"windowMs":86400000}',
    states: ['{"used":1,"windowStart":4102444800000}', '{"used":2,"windowStart":4102444800000}'],
    expiresAt: DAY_END,
  },
  {
    limits: [], // of those who compose their own
    object: "any key",
    spec: '{"kind":"token_bucket","name":"bucket","limit":5,"windowMs":10000}',
    states: ['{"parts":40000,"at":4102488000000}', '{"parts":32000,"at":4102488000400}'],
    expiresAt: TOKEN_END,
  },
];

const claims = {
  iss: "https://issuer.test",
  jti: "jti-1",
  repository_id: "42",
  repository_owner_id: "7",
  run_id: "1001",
  run_attempt: "2",
  iat: START / 1000,
} as unknown as GitHubClaims;

const TABLE = "CREATE TABLE record (id INTEGER PRIMARY KEY, version INTEGER, state TEXT, expires_at REAL)";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const exec = (stub: Stub, query: string, ...bindings: unknown[]): Promise<Record<string, SqlStorageValue>[]> =>
  runInDurableObject(stub, (_, { storage }) => storage.sql.exec(query, ...bindings).toArray());

/** Objects of these names that no other test has, and what was asked of them. */
function newObjects() {
  const prefix = crypto.randomUUID();
  const asked: { object: string; spec: string }[] = [];
  const getByName = (object: string) => {
    const stub = env.LIMITER.getByName(prefix + object);
    const take: Stub["take"] = (spec, cost, expiresAt) => {
      asked.push({ object, spec });
      return stub.take(spec, cost, expiresAt);
    };
    return { take } as Stub;
  };
  const stubOf = (object: string): Stub => env.LIMITER.getByName(prefix + object);
  return { namespace: { getByName } as typeof env.LIMITER, asked, stubOf };
}

/** One take of the worker's own, or of a limiter that somebody composed. */
function takerOf({ limits, object, spec }: Form, namespace: typeof env.LIMITER, count = ""): () => Promise<unknown> {
  if (limits.length === 0) {
    const limiter = createDurableLimiter(namespace, limitFromSpec(JSON.parse(spec)));
    return () => limiter.take(object, 1, TOKEN_END);
  }
  const allowance: Allowance = Object.fromEntries(limits.map((name) => [name, { units: 5, count }]));
  const budget = createBudget({ allowance, createLimiter: (limit) => createDurableLimiter(namespace, limit) });
  return () => budget.take({ claims, acceptedUntil: TOKEN_END });
}

const row = (state: string | undefined, expiresAt: number) => [{ id: 1, version: 1, state, expires_at: expiresAt }];

it("stands here for every limit", () => {
  expect(new Set(FORMS.flatMap(({ limits }) => limits))).toEqual(new Set(limitNames));
});

describe.each(FORMS)("$limits as $spec", (form) => {
  const { object, spec, states, expiresAt } = form;

  it("is asked and written so", async () => {
    const { namespace, asked, stubOf } = newObjects();
    const take = takerOf(form, namespace);
    await take();
    expect(asked).toEqual([{ object, spec }]);
    const stub = stubOf(object);
    expect(await exec(stub, "SELECT * FROM record")).toEqual(row(states[0], expiresAt));
    expect(await exec(stub, "SELECT sql FROM sqlite_master WHERE name = 'record'")).toEqual([{ sql: TABLE }]);
    vi.setSystemTime(LATER);
    await take();
    expect(await exec(stub, "SELECT * FROM record")).toEqual(row(states[1], expiresAt));
  });

  it("is read, and counted on from", async () => {
    const { namespace, stubOf } = newObjects();
    const stub = stubOf(object);
    await exec(stub, TABLE);
    await exec(stub, "INSERT INTO record VALUES (1, 1, ?, ?)", states[0], expiresAt);
    await evictDurableObject(stub);
    vi.setSystemTime(LATER);
    await takerOf(form, namespace)();
    expect(await exec(stub, "SELECT * FROM record")).toEqual(row(states[1], expiresAt));
  });
});

it("names the object of a route's own count by the route", async () => {
  for (const form of FORMS.filter(({ limits }) => limits.length > 0)) {
    const { namespace, asked } = newObjects();
    await takerOf(form, namespace, "llm.example/x")();
    expect(asked[0]?.object).toBe(form.object.replace('[""', '["llm.example/x"'));
  }
});
