import { beforeEach, describe, expect, it } from "vitest";
import { codeOf, createKeyStage, down, type KeyStage, MINUTE } from "../test/key-stage.ts";

let stage: KeyStage;
beforeEach(async () => {
  stage = await createKeyStage();
});

describe("how often an issuer is asked", () => {
  it("is once in ten minutes, then in the background", async () => {
    const background: Promise<unknown>[] = [];
    stage.keys = stage.make({ waitUntil: (work) => background.push(work) });
    const first = await stage.resolve();
    stage.clock.advance(10 * MINUTE);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBe(first);
    expect(stage.issuer.requests).toHaveLength(1);
    stage.clock.advance(1);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBe(first);
    expect(await Promise.all([stage.resolve(), stage.resolve(), stage.resolve()])).toEqual([first, first, first]);
    expect(background.length).toBeGreaterThan(1); // the first fetch, and what goes on by itself
    await Promise.all(background);
    expect(stage.issuer.requests).toHaveLength(2);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBe(first);
  });

  it("is once for ten first callers at once", async () => {
    await Promise.all(Array.from({ length: 10 }, () => stage.resolve()));
    expect(stage.issuer.requests).toHaveLength(1);
  });

  it("is once for a flood of unknown keys, at first and every 30 s", async () => {
    const flood = () => Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(stage.resolve(`forged-${i}`))));
    expect(new Set(await flood())).toEqual(new Set(["key_not_found"]));
    expect(await codeOf(stage.resolve("forged"))).toBe("key_not_found");
    expect(stage.issuer.requests).toHaveLength(1);
    expect(await codeOf(stage.resolve())).toBe("found");
    stage.clock.advance(30_000);
    await flood();
    expect(await codeOf(stage.resolve("forged"))).toBe("key_not_found");
    expect(stage.issuer.requests).toHaveLength(2);
  });

  it("is once for a flood of unknown keys when the known ones are stale", async () => {
    await stage.resolve();
    for (const answer of [null, down]) {
      stage.issuer.answer = answer;
      stage.issuer.requests.length = 0;
      stage.clock.advance(11 * MINUTE);
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          stage.keys.peek(`forged-${i}`, "ES256");
          await codeOf(stage.resolve(`forged-${i}`));
        }),
      );
      expect(stage.issuer.requests).toHaveLength(1);
    }
  });

  it("is not held up by a clock that was an hour ahead", async () => {
    stage.clock.advance(60 * MINUTE);
    const old = await stage.resolve();
    expect(await codeOf(stage.resolve("forged"))).toBe("key_not_found");
    stage.clock.advance(-60 * MINUTE);
    await stage.issuer.rotate({ drop: true });
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBeUndefined();
    expect(await codeOf(stage.resolve())).toBe("found");
    expect(await stage.resolve()).not.toBe(old);
    expect(stage.issuer.requests).toHaveLength(3);
  });

  it("is not held up by a failure that a clock put an hour ahead", async () => {
    stage.issuer.answer = down;
    stage.clock.advance(60 * MINUTE);
    expect(await codeOf(stage.resolve())).toBe("keys_unavailable");
    stage.issuer.answer = null;
    stage.clock.advance(-60 * MINUTE);
    expect(await codeOf(stage.resolve())).toBe("found");
  });

  it("does not depend on a waitUntil that works", async () => {
    const waitUntil = () => {
      throw new TypeError("Illegal invocation");
    };
    stage.keys = stage.make({ waitUntil });
    expect(await codeOf(stage.resolve())).toBe("found");
    stage.clock.advance(11 * MINUTE);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBeDefined();
    await stage.settled(2);
  });

  it("is at once when a key is new", async () => {
    await stage.resolve();
    await stage.issuer.rotate();
    expect(await codeOf(stage.resolve())).toBe("found");
    expect(stage.issuer.requests).toHaveLength(2);
  });

  it("is in the foreground when a refresh in the background has died", async () => {
    await stage.resolve();
    stage.clock.advance(11 * MINUTE);
    let asked = 0;
    stage.issuer.answer = () => {
      asked++;
      return asked === 1 ? new Promise<Response>(() => {}) : Response.json({ keys: stage.issuer.keys });
    };
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBeDefined();
    stage.clock.advance(5000);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBeDefined();
    stage.clock.advance(1);
    expect(stage.keys.peek(stage.issuer.key.kid, "ES256")).toBeUndefined();
  });

  it.each(["clock", "fetch", "waitUntil"])("cannot be set by a %s that is no function", (name) => {
    expect(() => stage.make({ [name]: "soon" })).toThrow(new TypeError(`${name}: must be a function`));
  });

  it.each(["timeoutMs", "freshForMs", "staleForMs", "retryAfterMs"])("cannot be set by %s: 0 or NaN", (name) => {
    expect(() => stage.make({ [name]: 0 })).toThrow(TypeError);
    expect(() => stage.make({ [name]: Number.NaN })).toThrow(TypeError);
  });

  it("cannot be set by more milliseconds than a timer can count", async () => {
    expect(() => stage.make({ timeoutMs: 2 ** 31 })).toThrow(/^timeoutMs: /);
    stage.keys = stage.make({ timeoutMs: 2 ** 31 - 1, staleForMs: 2 ** 31 });
    expect(await codeOf(stage.resolve())).toBe("found");
  });
});
