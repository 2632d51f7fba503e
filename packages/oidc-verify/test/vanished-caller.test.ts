import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type RunningWorkerd, startWorkerd } from "@org/testkit/workerd";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type IssuerServer, serveIssuer } from "./serve-issuer.ts";

let server: IssuerServer;
let workerd: RunningWorkerd;
beforeEach(async () => {
  server = await serveIssuer();
  workerd = await startWorkerd({
    entry: join(import.meta.dirname, "verify-worker.ts"),
    bindings: { ISSUER: server.url },
  });
});
afterEach(async () => {
  await workerd.stop();
  await server.close();
});

const verify = async (token: string) => {
  const response = await fetch(workerd.url, { headers: { "x-api-key": token } });
  return [response.status, await response.json()];
};

/** Sends a request over a connection of its own, so that the caller can vanish. */
async function beginVerify(token: string): Promise<Socket> {
  const socket = connect(workerd.port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  socket.write(`GET / HTTP/1.1\r\nHost: worker\r\nx-api-key: ${token}\r\n\r\n`);
  return socket;
}

/** The issuer leaves the first question unanswered and answers all others. */
function ignoreFirstRequest(): Promise<void> {
  const asked = Promise.withResolvers<void>();
  const { issuer } = server;
  issuer.answer = (request) => {
    issuer.answer = null;
    asked.resolve();
    return request.method === "GET" ? new Promise<Response>(() => {}) : Response.error();
  };
  return asked.promise;
}

it("makes one round of fetches for concurrent first requests", async () => {
  const tokens = await Promise.all(Array.from({ length: 10 }, () => server.issuer.mint()));
  const answers = await Promise.all(tokens.map(verify));
  expect(answers).toEqual(tokens.map(() => [200, "octo-org/octo-repo"]));
  expect(server.issuer.requests).toHaveLength(2); // discovery, keys
});

it("answers a second caller who waits for the fetch of a first one who vanishes", async () => {
  const asked = ignoreFirstRequest();
  const first = await beginVerify(await server.issuer.mint());
  await asked;
  const second = verify(await server.issuer.mint());
  first.resetAndDestroy();
  expect(await second).toEqual([200, "octo-org/octo-repo"]);
  expect(server.issuer.requests).toHaveLength(3); // the unanswered one, discovery, keys
});

it("answers a caller who comes after the first one has vanished", async () => {
  const asked = ignoreFirstRequest();
  const first = await beginVerify(await server.issuer.mint());
  await asked;
  first.resetAndDestroy();
  await once(first, "close");
  expect(await verify(await server.issuer.mint())).toEqual([200, "octo-org/octo-repo"]);
});

it("waits for a fetch that is slow but alive", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const { issuer } = server;
  issuer.answer = async (request) => {
    issuer.answer = null;
    asked.resolve();
    await answer.promise;
    issuer.requests.pop();
    return issuer.fetch(request);
  };
  const callers = Array.from({ length: 3 }, async () => verify(await issuer.mint()));
  await asked.promise;
  // Longer than a dead fetch would be waited for.
  setTimeout(answer.resolve, 1500);
  expect(await Promise.all(callers)).toEqual(callers.map(() => [200, "octo-org/octo-repo"]));
  expect(issuer.requests).toHaveLength(2);
});
