import { createServer, type IncomingMessage } from "node:http";
import { createIssuer, type IssuerOptions, type TestIssuer } from "./issuer.ts";
import { type Listening, listen } from "./listen.ts";

export interface IssuerServer extends Listening {
  readonly issuer: TestIssuer;
  /** What a runner gives a job with `id-token: write`, so that `getIDToken` of `@actions/core` can ask for a token. */
  readonly actionsEnvironment: { ACTIONS_ID_TOKEN_REQUEST_URL: string; ACTIONS_ID_TOKEN_REQUEST_TOKEN: string };
}

export interface IssuerServerOptions extends Omit<IssuerOptions, "issuer"> {
  /** Default: any free port. */
  port?: number;
  /** Claims of the tokens that a job asks for. */
  jobClaims?: Record<string, unknown>;
}

/**
 * A test issuer on a loopback port: discovery and key set by HTTP, and the endpoint where a job asks for its token. The
 * issuer's name is its address.
 */
export async function startIssuer(options: IssuerServerOptions = {}): Promise<IssuerServer> {
  const { port, jobClaims, ...rest } = options;
  const server = createServer();
  const listening = await listen(server, port);
  const issuer = await createIssuer({ ...rest, issuer: listening.url });
  const requestToken = crypto.randomUUID();
  const answer = async (request: IncomingMessage) => {
    const url = new URL(request.url ?? "/", listening.url);
    if (url.pathname !== "/token") return issuer.fetch(url);
    if (request.headers.authorization !== `Bearer ${requestToken}`) return new Response(null, { status: 401 });
    const audience = url.searchParams.get("audience");
    const value = await issuer.mint({ ...jobClaims, ...(audience && { aud: audience }) });
    return Response.json({ count: value.length, value });
  };
  server.on("request", async (request, response) => {
    const { status, headers, body } = await read(await answer(request));
    response.writeHead(status, headers).end(body);
  });
  return {
    ...listening,
    issuer,
    actionsEnvironment: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${listening.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
  };
}

const read = async (answer: Response) => ({
  status: answer.status,
  headers: Object.fromEntries(answer.headers),
  body: new Uint8Array(await answer.arrayBuffer()),
});
