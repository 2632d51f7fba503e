export { LimiterObject } from "./limiter-object.ts";
export default { fetch: () => new Response("ok") };
