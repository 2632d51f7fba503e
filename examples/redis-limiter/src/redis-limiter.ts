import { createHash } from "node:crypto";
import { assertGive, assertTake, type Limit, type Limiter, LimiterError, type LimitSpec } from "@org/token-limiter";
import { GIVE_SCRIPT, TAKE_SCRIPT } from "./limit-scripts.ts";

/** What the limiter needs of a client of the `redis` package. */
export interface ScriptClient {
  eval(script: string, options: ScriptArguments): Promise<unknown>;
  evalSha(sha1: string, options: ScriptArguments): Promise<unknown>;
}

interface ScriptArguments {
  keys: string[];
  arguments: string[];
}

export interface RedisLimiterOptions {
  /** Put before every key. Default: `limit:`. */
  prefix?: string;
  /** The time, epoch milliseconds. Default: the server's own clock, which all processes share. For tests. */
  clock?: () => number;
}

/**
 * A limiter on Redis, exact over any number of processes: one script per take, which Redis runs alone. Give it a client that fails
 * fast (`disableOfflineQueue: true`), so that an outage refuses callers instead of keeping them waiting.
 */
export function createRedisLimiter(client: ScriptClient, limit: Limit, options: RedisLimiterOptions = {}): Limiter {
  const { prefix = "limit:", clock } = options;
  const specs = JSON.stringify(leavesOf(limit.spec));
  const take = createScript(client, TAKE_SCRIPT);
  const give = createScript(client, GIVE_SCRIPT);
  const now = () => (clock === undefined ? "" : String(clock()));

  return {
    async take(key, cost = 1, expiresAt) {
      assertTake(cost, expiresAt ?? null);
      const answer = await take(prefix + key, [
        specs,
        now(),
        String(cost),
        expiresAt === undefined ? "" : String(expiresAt),
      ]);
      return JSON.parse(answer);
    },
    async give(key, cost, takenAt) {
      assertGive(cost, takenAt);
      await give(prefix + key, [specs, now(), String(cost), String(takenAt)]);
    },
  };
}

const leavesOf = (spec: LimitSpec): LimitSpec[] => (spec.kind === "every" ? spec.limits : [spec]);

/** Call a script by its hash. A server that does not know it has done nothing yet, so it may be sent whole. */
function createScript(client: ScriptClient, script: string): (key: string, args: string[]) => Promise<string> {
  const sha1 = createHash("sha1").update(script).digest("hex");
  return async (key, args) => {
    const call = { keys: [key], arguments: args };
    try {
      const answer = await client.evalSha(sha1, call).catch((error: unknown) => {
        if (error instanceof Error && error.message.startsWith("NOSCRIPT")) return client.eval(script, call);
        throw error;
      });
      return String(answer);
    } catch (cause) {
      throw new LimiterError("Limiter unavailable", { cause });
    }
  };
}
