import { createIssuer, createManualClock, type ManualClock, type TestIssuer } from "@org/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { createKeyResolver, type KeyResolver, type KeyResolverOptions } from "./keys.ts";

const MINUTE = 60_000;
let clock: ManualClock;
let issuer: TestIssuer;
let keys: KeyResolver;

beforeEach(async () => {
  clock = createManualClock();
  issuer = await createIssuer({ clock, alg: "ES256" });
  keys = make();
});

const make = (options: Partial<KeyResolverOptions> = {}) =>
  createKeyResolver({ issuer: issuer.issuer, clock, fetch: issuer.fetch, ...options });
const resolve = (kid = issuer.key.kid) => keys.resolve(kid, "ES256");
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "found",
    (error: { code?: string }) => error.code,
  );
const down = () => new Response("down", { status: 503 });
/** Background work is done once the issuer was asked so often and its answer was read. */
const settled = async (requests: number) => {
  await expect.poll(() => issuer.requests.length).toBe(requests);
  await new Promise((done) => setTimeout(done, 0));
};

describe("how often an issuer is asked", () => {
  it("is once in ten minutes, then in the background", async () => {
    const background: Promise<unknown>[] = [];
    keys = make({ waitUntil: (work) => background.push(work) });
    const first = await resolve();
    clock.advance(10 * MINUTE);
    expect(keys.peek(issuer.key.kid, "ES256")).toBe(first);
    expect(issuer.requests).toHaveLength(1);
    clock.advance(1);
    expect(keys.peek(issuer.key.kid, "ES256")).toBe(first);
    expect(await Promise.all([resolve(), resolve(), resolve()])).toEqual([first, first, first]);
    await Promise.all(background);
    expect(issuer.requests).toHaveLength(2);
    expect(keys.peek(issuer.key.kid, "ES256")).toBe(first);
  });

  it("is once for ten first callers at once", async () => {
    await Promise.all(Array.from({ length: 10 }, () => resolve()));
    expect(issuer.requests).toHaveLength(1);
  });

  it("is once for a flood of unknown keys, at first and every 30 s", async () => {
    const flood = () => Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(resolve(`forged-${i}`))));
    expect(new Set(await flood())).toEqual(new Set(["key_not_found"]));
    expect(await codeOf(resolve("forged"))).toBe("key_not_found");
    expect(issuer.requests).toHaveLength(1);
    expect(await codeOf(resolve())).toBe("found");
    clock.advance(30_000);
    await flood();
    expect(await codeOf(resolve("forged"))).toBe("key_not_found");
    expect(issuer.requests).toHaveLength(2);
  });

  it("is once for a flood of unknown keys when the known ones are stale", async () => {
    await resolve();
    for (const answer of [null, down]) {
      issuer.answer = answer;
      issuer.requests.length = 0;
      clock.advance(11 * MINUTE);
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          keys.peek(`forged-${i}`, "ES256");
          await codeOf(resolve(`forged-${i}`));
        }),
      );
      expect(issuer.requests).toHaveLength(1);
    }
  });

  it("is not held up by a clock that was an hour ahead", async () => {
    clock.advance(60 * MINUTE);
    const old = await resolve();
    expect(await codeOf(resolve("forged"))).toBe("key_not_found");
    clock.advance(-60 * MINUTE);
    await issuer.rotate({ drop: true });
    expect(keys.peek(issuer.key.kid, "ES256")).toBeUndefined();
    expect(await codeOf(resolve())).toBe("found");
    expect(await resolve()).not.toBe(old);
    expect(issuer.requests).toHaveLength(3);
  });

  it("is not held up by a failure that a clock put an hour ahead", async () => {
    issuer.answer = down;
    clock.advance(60 * MINUTE);
    expect(await codeOf(resolve())).toBe("keys_unavailable");
    issuer.answer = null;
    clock.advance(-60 * MINUTE);
    expect(await codeOf(resolve())).toBe("found");
  });

  it("does not depend on a waitUntil that works", async () => {
    const waitUntil = () => {
      throw new TypeError("Illegal invocation");
    };
    keys = make({ waitUntil });
    expect(await codeOf(resolve())).toBe("found");
    clock.advance(11 * MINUTE);
    expect(keys.peek(issuer.key.kid, "ES256")).toBeDefined();
    await settled(2);
  });

  it("is at once when a key is new", async () => {
    await resolve();
    await issuer.rotate();
    expect(await codeOf(resolve())).toBe("found");
    expect(issuer.requests).toHaveLength(2);
  });

  it("is in the foreground when a refresh in the background has died", async () => {
    await resolve();
    clock.advance(11 * MINUTE);
    let asked = 0;
    issuer.answer = () => {
      asked++;
      return asked === 1 ? new Promise<Response>(() => {}) : Response.json({ keys: issuer.keys });
    };
    expect(keys.peek(issuer.key.kid, "ES256")).toBeDefined();
    clock.advance(5001);
    expect(keys.peek(issuer.key.kid, "ES256")).toBeUndefined();
  });

  it.each(["clock", "fetch", "waitUntil"])("cannot be set by a %s that is no function", (name) => {
    expect(() => make({ [name]: "soon" })).toThrow(new TypeError(`${name}: must be a function`));
  });

  it.each(["timeoutMs", "freshForMs", "staleForMs", "retryAfterMs"])("cannot be set by %s: 0 or NaN", (name) => {
    expect(() => make({ [name]: 0 })).toThrow(TypeError);
    expect(() => make({ [name]: Number.NaN })).toThrow(TypeError);
  });
});
