import fc from "fast-check";
import { expect, it } from "vitest";
import { createLruCache } from "./lru-cache.ts";

it("holds what a list of the last used keys holds", () => {
  const key = fc.constantFrom("a", "b", "c", "d", "e");
  const step = fc.tuple(fc.constantFrom("get", "set", "delete"), key);
  fc.assert(
    fc.property(fc.nat(4), fc.array(step), (maxEntries, steps) => {
      const cache = createLruCache<number>(maxEntries);
      let model: [string, number][] = []; // the last used first
      steps.forEach(([what, key], value) => {
        const found = model.find(([known]) => known === key);
        const others = model.filter((entry) => entry !== found);
        if (what === "get") {
          expect(cache.get(key)).toBe(found?.[1]);
          if (found) model = [found, ...others];
        } else if (what === "set") {
          cache.set(key, value);
          model = [[key, value] as [string, number], ...others].slice(0, maxEntries);
        } else {
          cache.delete(key);
          model = others;
        }
      });
      for (const [key, value] of model.reverse()) expect(cache.get(key)).toBe(value);
    }),
    { numRuns: 500 },
  );
});
