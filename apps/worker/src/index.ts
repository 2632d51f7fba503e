import { DurableObject } from "cloudflare:workers";

export class LimiterObject extends DurableObject {}
export default { fetch: () => new Response("ok") };
