import { DurableObject } from "cloudflare:workers";
import { type PassThroughEnv, passThrough } from "./pass-through.ts";

interface Env extends PassThroughEnv {
  LIMITER: DurableObjectNamespace<OneRow>;
}

export class OneRow extends DurableObject {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, used INTEGER)");
  }

  take(): boolean {
    this.ctx.storage.sql.exec("INSERT INTO record VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET used = used + 1");
    return true;
  }
}

/** The same, after the caller's object has written one row: the least that an exact budget needs. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    await env.LIMITER.getByName(request.headers.get("x-api-key")?.slice(-40) ?? "").take();
    return passThrough(request, env);
  },
};
