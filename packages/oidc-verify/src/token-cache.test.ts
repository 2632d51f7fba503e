import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokenCache, openTokenMap, type TokenCache, type TokenCacheOptions } from "./token-cache.ts";

const SOON = 1000;
const entry = (value: number, bytes = 10, until = SOON) => ({ value, bytes, until });

it("holds what fits of a list of the last used tokens, of all its maps", () => {
  const token = fc.constantFrom("a", "b", "c", "d");
  const step = fc.tuple(fc.constantFrom("get", "set", "delete"), fc.nat(1), token, fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.nat(9), fc.array(step), (maxBytes, steps) => {
      const cache = createTokenCache({ maxBytes });
      const maps = [openTokenMap<number>(cache), openTokenMap<number>(cache)] as const;
      let model: { key: string; value: number; bytes: number }[] = []; // the last used first
      steps.forEach(([what, which, token, bytes], value) => {
        const map = which === 0 ? maps[0] : maps[1];
        const key = `${which}${token}`;
        const found = model.find((each) => each.key === key);
        const others = model.filter((each) => each !== found);
        if (what === "get") {
          expect(map.get(token, 0)).toBe(found?.value);
          if (found) model = [found, ...others];
        } else if (what === "set") {
          map.set(token, entry(value, bytes), 0);
          model = bytes <= maxBytes ? [{ key, value, bytes }, ...others] : others;
          while (sum(model) > maxBytes) model.pop();
        } else {
          map.delete(token);
          model = others;
        }
        expect(cache.bytes).toBe(sum(model));
      });
    }),
    { numRuns: 500 },
  );
});

const sum = (entries: readonly { bytes: number }[]) => entries.reduce((total, { bytes }) => total + bytes, 0);

describe("maps of one cache", () => {
  it("never find what another holds", () => {
    const cache = createTokenCache();
    const [one, other] = [openTokenMap<number>(cache), openTokenMap<number>(cache)];
    one.set("a", entry(1), 0);
    expect(other.get("a", 0)).toBeUndefined();
    other.set("a", entry(2), 0);
    other.delete("a");
    expect(one.get("a", 0)).toBe(1);
  });

  it("give back what has ended as soon as any of them is used, though nobody asks for it", () => {
    for (const use of ["get", "set"] as const) {
      const cache = createTokenCache();
      const [one, other] = [openTokenMap<number>(cache), openTokenMap<number>(cache)];
      one.set("a", entry(1, 10, SOON), 0);
      one.set("b", entry(2, 20, 2 * SOON), 0);
      other.set("c", entry(3, 40, SOON), 0);
      const touch = (now: number) => (use === "get" ? other.get("x", now) : other.set("x", entry(4, 0, 9 * SOON), now));
      touch(SOON - 1);
      expect(cache.bytes).toBe(70);
      touch(SOON);
      expect(cache.bytes).toBe(20);
      expect(one.get("b", SOON)).toBe(2);
      touch(2 * SOON);
      expect(cache.bytes).toBe(0);
    }
  });

  it("find nothing that has ended", () => {
    const map = openTokenMap<number>(createTokenCache());
    map.set("a", entry(1), 0);
    expect(map.get("a", SOON)).toBeUndefined();
  });

  it("lose nothing to what is larger than the whole budget", () => {
    const cache = createTokenCache({ maxBytes: 20 });
    const map = openTokenMap<number>(cache);
    map.set("a", entry(1), 0);
    map.set("b", entry(2, 21), 0);
    expect([map.get("a", 0), map.get("b", 0), cache.bytes]).toEqual([1, undefined, 10]);
  });
});

describe("a cache", () => {
  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1", null])("has no budget of %j", (maxBytes) => {
    expect(() => createTokenCache({ maxBytes } as TokenCacheOptions)).toThrow(/^maxBytes/);
  });

  it("has 8 MiB unless told otherwise", () => {
    const cache = createTokenCache();
    const map = openTokenMap<number>(cache);
    map.set("a", entry(1, 8 * 1024 * 1024), 0);
    expect(map.get("a", 0)).toBe(1);
    map.set("b", entry(1, 1), 0);
    expect(cache.bytes).toBe(1);
  });

  it("is none that looks like one", () => {
    expect(() => openTokenMap({ ...createTokenCache() })).toThrow(TypeError);
    expect(() => openTokenMap(undefined as unknown as TokenCache)).toThrow(TypeError);
  });
});
