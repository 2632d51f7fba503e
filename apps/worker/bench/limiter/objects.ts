import { DurableObject } from "cloudflare:workers";
import { every, quota, slidingWindow } from "@org/token-limiter";
import type { LimiterObject } from "../../src/limiter-object.ts";

export { LimiterObject } from "../../src/limiter-object.ts";

/** The least that an object can do: answer. */
export class ConstantObject extends DurableObject {
  take(): string {
    return ANSWER;
  }
}

/** The least that an object can do and remember: write one row, read back, and answer. */
export class RowObject extends DurableObject {
  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, used INTEGER)");
    ctx.storage.sql.exec("INSERT OR IGNORE INTO counter VALUES (1, 0)");
  }

  take(): string {
    this.ctx.storage.sql.exec("UPDATE counter SET used = used + 1");
    return ANSWER;
  }
}

// As large as a decision, so that all three send the same.
const ANSWER = JSON.stringify({
  admitted: true,
  limits: [
    { name: "token", limit: 999_999_999, remaining: 1 },
    { name: "rate", limit: 999_999_999, remaining: 1, windowMs: 1, resetMs: 1 },
  ],
  takenAt: 1_795_441_659_717,
});

const { spec: limits } = every(
  quota({ name: "token", limit: 999_999_999 }),
  slidingWindow({ name: "rate", limit: 999_999_999, windowMs: 1 }),
);

const spec = JSON.stringify(limits);

interface BenchEnv {
  LIMITER: DurableObjectNamespace<LimiterObject>;
  CONSTANT: DurableObjectNamespace<ConstantObject>;
  ROW: DurableObjectNamespace<RowObject>;
}

/** `/<object>/<calls>`: so many calls one after the other, each waiting for its answer. */
export default {
  async fetch(request, env) {
    const [, object, calls] = new URL(request.url).pathname.split("/");
    const expiresAt = Date.now() + 3_600_000;
    const takes: Record<string, () => Promise<unknown>> = {
      constant: () => env.CONSTANT.getByName("key").take(),
      row: () => env.ROW.getByName("key").take(),
      limiter: () => env.LIMITER.getByName("key").take(spec, 1, expiresAt),
    };
    const take = takes[object ?? ""];
    if (take === undefined) return new Response("unknown object", { status: 404 });
    for (let i = 0; i < Number(calls); i++) await take();
    return new Response("done");
  },
} satisfies ExportedHandler<BenchEnv>;
