import { type Listening, serve } from "@org/testkit/node";
import { createIssuer, type IssuerOptions, type TestIssuer } from "../src/testing.ts";
import { AUDIENCE } from "./token-forge.ts";

export interface IssuerServer extends Listening {
  readonly issuer: TestIssuer;
}

/** A test issuer on a loopback port; its name is its address unless another is given. */
export async function serveIssuer(options: IssuerOptions = {}): Promise<IssuerServer> {
  const listening = await serve(async (request) => {
    const { issuer, fetch } = await created;
    return fetch(new URL(new URL(request.url).pathname, issuer));
  });
  const created = createIssuer({ issuer: listening.url, audience: AUDIENCE, ...options });
  return { ...listening, issuer: await created };
}
