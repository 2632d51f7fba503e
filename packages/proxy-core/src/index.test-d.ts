// What must not compile. Checked by `pnpm typecheck`; never run.
import { createProxy, createRouter, type Preset, type RouteOptions, withCors } from "./index.ts";

const route: RouteOptions = { upstream: "https://up.example", key: "k" };

// @ts-expect-error a proxy without a decision on who may pass
createProxy({ routes: [route] });
// @ts-expect-error an authorize that answers instead of refusing
createProxy({ routes: [route], authorize: (credential) => credential === "mine" });
// @ts-expect-error an authorize that hands back what a verifier read
createProxy({ routes: [route], authorize: async (credential) => ({ credential }) });
createProxy({
  routes: [route],
  authorize: async (credential) => {
    if (credential !== "mine") throw new Error("refused");
  },
});
// @ts-expect-error a route without a key
createRouter([{ upstream: "https://up.example" }]);
// @ts-expect-error an empty list of keys
createRouter([{ ...route, key: [] }]);
// @ts-expect-error an API that nobody knows
createRouter([{ ...route, preset: "acme" }]);
// @ts-expect-error cookies either pass or stay
createRouter([{ ...route, cookies: "block" }]);
// @ts-expect-error CORS without an origin
withCors(async () => new Response(), {});
// @ts-expect-error an API of which nobody says how it writes its errors
export const preset: Preset = { authHeader: "x-api-key", authPrefix: "", allow: [] };
