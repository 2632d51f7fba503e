import { createVerifier, OidcVerifyError } from "@org/oidc-verify";
import { createProxy, type Handler } from "@org/proxy-core";

export interface ServiceOptions {
  issuer?: string;
  audience: string;
  repository: string;
  upstream: string;
  key: string;
}

/** Any OpenAI-compatible API, for the workflows of one repository. */
export function createService({ issuer, audience, repository, upstream, key }: ServiceOptions): Handler {
  const verifier = createVerifier({ ...(issuer && { issuer }), audience, trust: [{ repository }] });
  return createProxy({
    routes: [{ upstream, key, authHeader: "Authorization", authPrefix: "Bearer " }],
    authorize: async (credential) => {
      await verifier.verify(credential);
    },
    onEvent: (event) => console.warn(JSON.stringify(event)),
    onError: (error) => {
      if (!(error instanceof OidcVerifyError)) return undefined;
      return Response.json({ error: error.message }, { status: error.status });
    },
  });
}
