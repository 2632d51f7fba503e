import { afterEach, expect, it, vi } from "vitest";
import { createKeyResolver, createVerifier } from "./index.ts";
import { createIssuer } from "./testing.ts";

afterEach(() => vi.restoreAllMocks());

// Some runtimes throw at a signature of the wrong length; a token is no less false for that.
it("is not one that the runtime throws at", async () => {
  const issuer = await createIssuer();
  const keys = createKeyResolver({ issuer: issuer.issuer, fetch: issuer.fetch });
  const { verify } = createVerifier({ audience: "any", trust: "any", keys });
  vi.spyOn(crypto.subtle, "verify").mockRejectedValue(new DOMException("wrong length", "OperationError"));
  await expect(verify(await issuer.mint({ aud: "any" }))).rejects.toMatchObject({ code: "signature_invalid" });
});
