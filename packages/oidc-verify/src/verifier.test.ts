import { createIssuer, createManualClock } from "@org/testkit";
import { expect, it } from "vitest";
import { createVerifier } from "./index.ts";

it("accepts a genuine token and refuses it when its time is over", async () => {
  const clock = createManualClock();
  const issuer = await createIssuer({ clock });
  const verifier = createVerifier({ audience: "goose-oidc-proxy", trust: "any", clock, fetch: issuer.fetch });
  const token = await issuer.mint();
  const { claims, acceptedUntil } = await verifier.verify(token);
  expect(claims.repository).toBe("octo-org/octo-repo");
  clock.set(acceptedUntil - 1);
  await verifier.verify(token);
  clock.set(acceptedUntil);
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: "token_expired", message: "Token expired" });
});
