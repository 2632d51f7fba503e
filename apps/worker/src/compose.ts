export {
  type Budget,
  type BudgetOptions,
  type Charge,
  createBudget,
  type Denied,
} from "./budget.ts";
export { createDurableLimiter, type TurnLimiter } from "./durable-limiter.ts";
export type { ProxyEnv } from "./environment.ts";
export { createGateway, type GatewayOptions, type GuardedRoute } from "./gateway.ts";
export { createHandler } from "./handler.ts";
export { LimiterObject } from "./limiter-object.ts";
export type { Allowance, LimitName } from "./limits.ts";
export { createReport, type Report, type ReportOptions } from "./report.ts";
export { createSpentMemory, type SpentMemory } from "./spent.ts";
export type { WaitUntil } from "./tally.ts";
