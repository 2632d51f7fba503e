import { createIssuer, type IssuerOptions, type MintClaims, type TestIssuer } from "@org/oidc-verify/testing";
import { type Listening, serve } from "@org/testkit/node";

export interface IssuerServer extends Listening {
  readonly issuer: TestIssuer;
  /** What a runner gives a job with `id-token: write`, so that `getIDToken` of `@actions/core` can ask for a token. */
  readonly actionsEnvironment: { ACTIONS_ID_TOKEN_REQUEST_URL: string; ACTIONS_ID_TOKEN_REQUEST_TOKEN: string };
}

export interface IssuerServerOptions extends Omit<IssuerOptions, "issuer"> {
  /** Default: any free port. */
  port?: number;
  /** Claims of the tokens that a job asks for. */
  jobClaims?: MintClaims;
}

/**
 * A test issuer on a loopback port: discovery and key set by HTTP, and the endpoint where a job asks for its token. The
 * issuer's name is its address, and its tokens are meant for the proxy unless an audience is given.
 */
export async function startIssuer(options: IssuerServerOptions = {}): Promise<IssuerServer> {
  const { port, jobClaims, ...rest } = options;
  const requestToken = crypto.randomUUID();
  const answer = async (request: Request) => {
    const url = new URL(request.url);
    const issuer = await created;
    if (url.pathname !== "/token") return issuer.fetch(request);
    if (request.headers.get("authorization") !== `Bearer ${requestToken}`) return new Response(null, { status: 401 });
    const audience = url.searchParams.get("audience");
    const value = await issuer.mint({ ...jobClaims, ...(audience && { aud: audience }) });
    return Response.json({ count: value.length, value });
  };
  const listening = await serve(answer, port);
  const created = createIssuer({ audience: "goose-oidc-proxy", ...rest, issuer: listening.url });
  return {
    ...listening,
    issuer: await created,
    actionsEnvironment: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${listening.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
  };
}
