import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A package as a registry gets it from `npm publish`, as far as it is read here. */
interface Upload {
  name: string;
  versions: Record<string, { exports?: Record<string, unknown>; dependencies?: Record<string, string> }>;
}

export interface RehearsalRegistry {
  url: string;
  /** What was published to it, in order. */
  uploads: Upload[];
  close(): Promise<void>;
}

/** A registry on this machine that knows no package and takes every one, once: so a release can be rehearsed, and nothing is asked of npm's. */
export async function startRehearsalRegistry(): Promise<RehearsalRegistry> {
  const uploads: Upload[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = (status: number, said: unknown = {}) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
    if (request.method !== "PUT") return answer(404);
    const upload: Upload = JSON.parse(body);
    // As npm says it.
    if (uploads.some(({ name }) => name === upload.name))
      return answer(403, { error: "You cannot publish over the previously published versions: 0.0.0." });
    uploads.push(upload);
    answer(201);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    uploads,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
