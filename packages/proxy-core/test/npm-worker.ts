import { createProxy, presets } from "../src/index.ts";

interface Env {
  UPSTREAM: string;
  KEY: string;
  /** Added to what the preset allows. */
  ALLOW: readonly string[];
}

/** The preset `npm` as the docs open it for publishing. */
export default {
  fetch(request: Request, { UPSTREAM, KEY, ALLOW }: Env): Promise<Response> {
    const allow = [...presets.npm.allow, ...ALLOW];
    return createProxy({
      authorize: "any",
      routes: [{ prefix: "/npm", preset: "npm", upstream: UPSTREAM, key: KEY, allow }],
    })(request);
  },
};
