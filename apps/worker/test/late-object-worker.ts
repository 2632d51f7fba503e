import { LimiterObject } from "../src/limiter-object.ts";

export { default } from "../src/index.ts";

/** Counts at once, and answers late. */
export class LateLimiterObject extends LimiterObject {
  override async take(spec: string, cost: number, expiresAt: number | null): Promise<string> {
    const decision = await super.take(spec, cost, expiresAt);
    await scheduler.wait(500);
    return decision;
  }
}
