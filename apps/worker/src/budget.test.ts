import type { GitHubClaims, VerifiedToken } from "@org/oidc-verify";
import { createMemoryLimiter, type Limit } from "@org/token-limiter";
import { expect, it } from "vitest";
import { createBudget } from "./budget.ts";

const claims = {
  iss: "https://issuer.test",
  jti: "1",
  repository_id: "42",
  repository_owner_id: "7",
  run_id: "1",
  run_attempt: "1",
  iat: Math.floor(Date.now() / 1000),
};
const token: VerifiedToken = {
  claims: claims as unknown as GitHubClaims,
  acceptedUntil: Date.now() + 600_000,
};

/** In this process's memory, with nobody's turns. */
const createLimiter = (limit: Limit) => {
  const limiter = createMemoryLimiter(limit);
  return { ...limiter, takeOrTurn: limiter.take };
};

it("gives back to the narrower limits, and says so, when a wider one denies; a rate gets nothing back", async () => {
  const units = { rate: 9, token: 5, run: 4, owner: 1 };
  const allowance = Object.fromEntries(Object.entries(units).map(([name, units]) => [name, { units, count: "" }]));
  const forgetful = { recall: () => undefined, remember() {}, forget() {} };
  const budget = createBudget({ allowance, createLimiter, spent: forgetful });
  const take = async () => {
    const { deniedBy, limits } = await budget.take(token);
    return [deniedBy, Object.fromEntries(limits.map(({ name, remaining }) => [name, remaining]))];
  };
  expect(await take()).toEqual([undefined, { rate: 8, token: 4, run: 3, owner: 0 }]);
  expect(await take()).toEqual(["owner", { rate: 7, token: 4, run: 3, owner: 0 }]);
  expect(await take()).toEqual(["owner", { rate: 6, token: 4, run: 3, owner: 0 }]);
});

it("asks nobody about what is known to be spent", async () => {
  let taken = 0;
  const allowance = { run: { units: 4 }, owner: { units: 1 } };
  const budget = createBudget({ allowance, createLimiter, onTake: () => void taken++ });
  await budget.take(token);
  expect(await budget.take(token)).toMatchObject({ deniedBy: "owner", limits: [{ name: "owner", remaining: 0 }] });
  expect(taken).toBe(1);
});
