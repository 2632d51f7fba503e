import { createMemoryLimiter, type Limit, quota } from "@org/token-limiter";
import { describe, expect, it } from "vitest";
import {
  createBudget,
  createDurableLimiter,
  createGateway,
  createHandler,
  createReport,
  createSpentMemory,
} from "./compose.ts";

const noop = () => {};
const limit = quota({ name: "token", limit: 3 });
const namespace = { getByName: noop };
const createLimiter = (each: Limit) => {
  const limiter = createMemoryLimiter(each);
  return { ...limiter, takeOrTurn: limiter.take };
};
const report = createReport({ waitUntil: noop });
const router = { match: noop };
const allowance = { token: { units: 3 } };
const budget = { allowance, createLimiter };

const factories = {
  createHandler,
  createGateway,
  createBudget,
  createReport,
  createSpentMemory,
  createDurableLimiter,
} as unknown as Record<string, (...args: unknown[]) => unknown>;

type Row = [factory: string, named: string, ...args: unknown[]];

const allowances: [named: string, allowance: unknown][] = [
  ["allowance.tokens: no such option here, but rate, token, run, repository, owner", { tokens: { units: 4 } }],
  ["allowance.tokens", { rate: { units: 50 }, tokens: { units: 4 } }],
  ["allowance.tokens", { rate: { units: 50 }, tokens: undefined }],
  ["allowance.Token", { Token: { units: 4 } }],
  ["allowance.toString", { toString: { units: 4 } }],
  ["allowance: must have at least one of rate, token, run, repository, owner", {}],
  ["allowance", { token: undefined }],
  ["allowance", []],
  ["allowance", new Map([["token", { units: 4 }]])],
  ["allowance", undefined],
  ["allowance", null],
  ["allowance", 5],
  ["allowance.token", { token: null }],
  ["allowance.token", { token: 5 }],
  ["allowance.token.unit", { token: { unit: 5 } }],
  ["allowance.token.windowMs", { token: { units: 5, windowMs: 1000 } }],
  ["allowance.token.count", { token: { units: 5, count: null } }],
  ["allowance.token.count", { token: { units: 5, count: 5 } }],
  ["allowance.run.units", { token: { units: 5 }, run: {} }],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null, undefined, 5n, 1e15].map(
    (units): [string, unknown] => ["allowance.rate.units", { rate: { units } }],
  ),
];

const limiters: unknown[] = [() => undefined, () => null, () => ({}), createMemoryLimiter, async () => ({})];

const rows: Row[] = [
  ...allowances.map(([named, each]): Row => ["createBudget", named, { ...budget, allowance: each }]),
  ["createBudget", "options"],
  ["createBudget", "options", null],
  ["createBudget", "allowence", { ...budget, allowence: {} }],
  ["createBudget", "createLimiter", { allowance }],
  ["createBudget", "createLimiter", { allowance, createLimiter: createLimiter(limit) }],
  ...limiters.map((each): Row => ["createBudget", "createLimiter", { allowance, createLimiter: each }]),
  ["createBudget", "spent", { ...budget, spent: new Map() }],
  ["createBudget", "spent", { ...budget, spent: null }],
  ["createBudget", "onTake", { ...budget, onTake: report }],
  ["createReport", "options"],
  ["createReport", "waitUntil", {}],
  ["createReport", "waitUntil", { waitUntil: Promise.resolve() }],
  ["createReport", "budgetExhaustedstatus", { waitUntil: noop, budgetExhaustedstatus: 403 }],
  ...[200, "403", 404, null, Number.NaN, [403]].map(
    (status): Row => ["createReport", "budgetExhaustedStatus", { waitUntil: noop, budgetExhaustedStatus: status }],
  ),
  ["createGateway", "options"],
  ["createGateway", "router", {}],
  ["createGateway", "router", { router: noop, report }],
  ["createGateway", "report", { router }],
  ["createGateway", "report", { router, report: { denied: noop, refused: noop } }],
  ["createGateway", "cors", { router, report, cors: "*" }],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", null, {}].map(
    (maxKeys): Row => ["createSpentMemory", "maxKeys", maxKeys],
  ),
  ["createDurableLimiter", "namespace", undefined, limit],
  ["createDurableLimiter", "namespace", null, limit],
  ["createDurableLimiter", "namespace", { get: noop }, limit],
  ["createDurableLimiter", "limit", namespace],
  ["createDurableLimiter", "limit", namespace, null],
  ["createDurableLimiter", "limit", namespace, { name: "token", limit: 3 }],
  ["createDurableLimiter", "limit", namespace, { spec: {} }],
  ["createDurableLimiter", "limit", namespace, { spec: { kind: "quota", name: "token", limit: 0 } }],
  ["createDurableLimiter", "limit", namespace, { spec: { kind: "every", limits: 5 } }],
  ["createHandler", "env", undefined, noop],
  ["createHandler", "env", "OIDC_AUDIENCE=a", noop],
  ["createHandler", "waitUntil", {}],
  ["createHandler", "waitUntil", {}, Promise.resolve()],
];

describe("what cannot be meant is a TypeError that names it", () => {
  it.each(rows)("%s: %s", (factory, named, ...args) => {
    const create = () => factories[factory]?.(...args);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(named.includes(": ") ? named : `${named}: `);
  });
});

it("takes what is meant, and what is given as undefined for what is not given", () => {
  createBudget({ ...budget, spent: undefined, onTake: undefined } as never);
  createBudget({ ...budget, allowance: { rate: undefined, token: { units: 1, count: undefined } } as never });
  createReport({ waitUntil: noop, budgetExhaustedStatus: undefined } as never);
  createReport({ waitUntil: noop, budgetExhaustedStatus: 403 });
  createGateway({ router, report } as never);
  createSpentMemory();
  createDurableLimiter(namespace as never, limit);
});

it("is closed without the object's namespace, and says so", async () => {
  const env = { OIDC_AUDIENCE: "a", UPSTREAM_URL: "https://api.example.com", UPSTREAM_API_KEY: "sk-key" };
  const answers = [{}, { LIMITER: "x" }, { LIMITER: {} }].map((bindings) =>
    createHandler({ ...env, ...bindings } as never, noop)(new Request("https://proxy.test/")),
  );
  for (const answer of await Promise.all(answers)) {
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain("LIMITER must be ");
  }
});
