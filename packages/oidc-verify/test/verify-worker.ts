import { createVerifier, OidcVerifyError, type Verifier } from "../src/index.ts";

let verifier: Verifier | undefined;

/** A worker that verifies what it is sent, with one verifier per isolate, as workers do. */
export default {
  async fetch(request: Request, env: { ISSUER: string }): Promise<Response> {
    verifier ??= createVerifier({ issuer: env.ISSUER, audience: "goose-oidc-proxy", trust: "any" });
    try {
      const { claims } = await verifier.verify(request.headers.get("x-api-key") ?? "");
      return Response.json(claims.repository);
    } catch (error) {
      return Response.json(error instanceof OidcVerifyError ? error.code : String(error), { status: 401 });
    }
  },
};
