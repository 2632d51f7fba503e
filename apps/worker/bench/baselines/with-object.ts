import { DurableObject } from "cloudflare:workers";
import { type PassThroughEnv, passThrough } from "./pass-through.ts";

interface Env extends PassThroughEnv {
  LIMITER: DurableObjectNamespace<Constant>;
}

export class Constant extends DurableObject {
  take(): boolean {
    return true;
  }
}

/** The same, after one call of the caller's object. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    await env.LIMITER.getByName(request.headers.get("x-api-key")?.slice(-40) ?? "").take();
    return passThrough(request, env);
  },
};
