/**
 * What the runtime hands to the worker. Variables and secrets have no types here: they are an operator's text, and `src/config.ts`
 * alone reads them. So no edit of wrangler.jsonc changes a type.
 */
declare namespace Cloudflare {
  interface Env {
    LIMITER: DurableObjectNamespace<import("./src/limiter-object.ts").LimiterObject>;
  }
  interface GlobalProps {
    mainModule: typeof import("./src/index.ts");
    durableNamespaces: "LimiterObject";
  }
}

interface Env extends Cloudflare.Env {}
