import { createVerifier, OidcVerifyError } from "@org/oidc-verify";
import { createProxy, ProxyError } from "@org/proxy-core";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";

export interface AppOptions {
  issuer?: string;
  audience: string;
  owner: string;
  openai: { upstream?: string; key: string };
  anthropic: { upstream?: string; key: string };
}

/** Two APIs under one roof, beside whatever else the app does. */
export function createApp({ issuer, audience, owner, openai, anthropic }: AppOptions): Hono {
  const verifier = createVerifier({ ...(issuer && { issuer }), audience, trust: [{ repository_owner: owner }] });
  const proxy = createProxy({
    routes: [
      { prefix: "/llm/openai", preset: "openai", ...openai },
      { prefix: "/llm/anthropic", preset: "anthropic", ...anthropic },
    ],
    authorize: async (credential) => {
      await verifier.verify(credential);
    },
    onError: (error) => {
      throw error; // Hono's own error handler answers, as for the rest of the app
    },
  });

  const app = new Hono();
  app.get("/health", (context) => context.text("ok"));
  app.all("/llm/*", (context) => proxy(context.req.raw));
  app.onError((error, context) => {
    if (error instanceof OidcVerifyError || error instanceof ProxyError) {
      return context.json({ error: error.message, code: error.code }, error.status);
    }
    return error instanceof HTTPException ? error.getResponse() : context.text("Internal error", 500);
  });
  return app;
}
