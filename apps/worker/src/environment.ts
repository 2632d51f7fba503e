import type { LimiterObject } from "./limiter-object.ts";

/** What the runtime hands to the worker. Settings and secrets are text that an operator wrote: `readConfig` alone reads them. */
export interface ProxyEnv {
  /** The namespace of `LimiterObject`: the binding in `durable_objects` of wrangler.jsonc. */
  LIMITER: DurableObjectNamespace<LimiterObject>;
}
