import { env, exports } from "cloudflare:workers";
import { createIssuer } from "@org/testkit";
import { expect, it } from "vitest";

it("reaches the node servers", async () => {
  const issuer = await createIssuer({ issuer: env.OIDC_ISSUER, key: (env as any).TEST_KEY });
  const jwks = (await (await fetch(`${env.OIDC_ISSUER}/.well-known/jwks`)).json()) as any;
  expect(jwks.keys[0].n).toBe(issuer.key.publicJwk.n);
  const r = await exports.default.fetch("http://x/");
  expect(await r.text()).toBe("ok");
  const echo = (await (await fetch(`${env.UPSTREAM_URL}/a/../b%2F?x`)).json()) as any;
  expect(echo.url).toBe("/b%2F?x");
});
