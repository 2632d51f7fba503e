import { quota } from "@org/token-limiter";
import { type ConformanceTarget, conformanceCases } from "@org/token-limiter/conformance";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRedisLimiter } from "../src/redis-limiter.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";

type Client = Awaited<ReturnType<typeof connectTo>>;

let server: RedisServer;
let client: Client;

beforeAll(async () => {
  server = await startRedis();
  client = await connectTo(server.url);
});
afterAll(async () => {
  client?.destroy();
  await server?.close();
});

/** A client that fails fast, as a limiter's should. */
function connectTo(url: string) {
  return createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: false } })
    .on("error", () => {}) // each failed command rejects as well
    .connect();
}

const hashesOf = async (prefix: string): Promise<Record<string, string>[]> => {
  const keys = await client.keys(`${prefix}*`);
  return Promise.all(keys.map(async (key) => ({ ...(await client.hGetAll(key)) })));
};

const target: ConformanceTarget = {
  create(limit) {
    const prefix = `${crypto.randomUUID()}:`;
    let now = 0;
    const clients: Client[] = [];
    const createLimiter = (own: Client) => createRedisLimiter(own, limit, { prefix, clock: () => now });
    return {
      limiter: createLimiter(client),
      setNow(epochMs) {
        now = epochMs;
      },
      async connect() {
        const own = await connectTo(server.url);
        clients.push(own);
        return createLimiter(own);
      },
      async restart() {
        await server.crash();
        client.destroy();
        client = await connectTo(server.url);
        return createLimiter(client);
      },
      // The server's own timer follows the real time: count what it would have left.
      countKeys: async () =>
        (await hashesOf(prefix)).filter(({ expires_at }) => Number(expires_at || "Infinity") > now).length,
      measureBytes: async () => JSON.stringify(await hashesOf(prefix)).length,
      close() {
        for (const own of clients) own.destroy();
      },
    };
  },
};

describe("the Redis limiter keeps the contract", () => {
  for (const { name, run } of conformanceCases(target)) it(name, run);
});

describe("the Redis limiter by itself", () => {
  const limit = quota({ name: "total", limit: 2 });

  it("lets Redis forget a key at its expiresAt, by the server's clock", async () => {
    const limiter = createRedisLimiter(client, limit, { prefix: "expiring:" });
    const expiresAt = Date.now() + 300_000;
    await limiter.take("key", 1, expiresAt);
    expect(await client.pExpireTime("expiring:key")).toBe(expiresAt);
    await limiter.take("key");
    expect(await client.pExpireTime("expiring:key")).toBe(-1);
  });

  it("sends its script again to a server that has forgotten it", async () => {
    const limiter = createRedisLimiter(client, limit, { prefix: "flushed:" });
    await limiter.take("key");
    await client.scriptFlush();
    expect(await limiter.take("key")).toMatchObject({ admitted: true, limits: [{ remaining: 0 }] });
    expect(await limiter.take("key")).toMatchObject({ admitted: false });
  });

  it("refuses while the server is away, and recovers", async () => {
    const own = await connectTo(server.url);
    const limiter = createRedisLimiter(own, limit, { prefix: "away:" });
    await limiter.take("key");
    own.destroy();
    await expect(limiter.take("key")).rejects.toMatchObject({ code: "limiter_unavailable" });
    const again = createRedisLimiter(client, limit, { prefix: "away:" });
    expect(await again.take("key")).toMatchObject({ admitted: true, limits: [{ remaining: 0 }] });
  });

  it("refuses what another program keeps under the key", async () => {
    await client.set("foreign:key", "text");
    const limiter = createRedisLimiter(client, limit, { prefix: "foreign:" });
    await expect(limiter.take("key")).rejects.toMatchObject({ code: "limiter_unavailable" });
  });
});
