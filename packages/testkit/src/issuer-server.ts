import { createServer } from "node:http";
import { createIssuer, type IssuerOptions, type TestIssuer } from "./issuer.ts";
import { type Listening, listen } from "./listen.ts";

export interface IssuerServer extends Listening {
  readonly issuer: TestIssuer;
}

/** A test issuer on a loopback port: discovery and key set by HTTP. The issuer's name is its address. */
export async function startIssuer(
  options: Omit<IssuerOptions, "issuer"> & { port?: number } = {},
): Promise<IssuerServer> {
  const { port, ...rest } = options;
  const server = createServer();
  const listening = await listen(server, port);
  const issuer = await createIssuer({ ...rest, issuer: listening.url });
  server.on("request", async (request, response) => {
    const answer = await issuer.fetch(new URL(request.url ?? "/", listening.url));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(new Uint8Array(await answer.arrayBuffer()));
  });
  return { ...listening, issuer };
}
