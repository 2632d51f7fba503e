// As every repository that has the package as a dependency: what wrangler deploys.
export { default, LimiterObject } from "./worker.ts";
