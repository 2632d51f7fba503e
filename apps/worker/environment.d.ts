/** What the runtime hands to the worker of this repository. Settings have no types here: no edit of wrangler.jsonc changes a type. */
declare namespace Cloudflare {
  interface Env extends Pick<import("./src/environment.ts").ProxyEnv, "LIMITER"> {}
  interface GlobalProps {
    mainModule: typeof import("./src/index.ts");
    durableNamespaces: "LimiterObject";
  }
}
