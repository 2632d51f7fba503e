import { describe, expect, it } from "vitest";
import { assertGive, assertTake } from "./record.ts";

/** The last millisecond that a `Date` can hold. */
const LAST = 8.64e15;

describe("an instant", () => {
  it.each([LAST, -LAST, 0, 0.5])("may be %s", (at) => {
    assertTake(1, at);
    assertGive(1, at);
  });

  it.each([LAST + 1, -LAST - 1, Number.NaN, Number.POSITIVE_INFINITY, "0", undefined])("may not be %s", (at) => {
    expect(() => assertTake(1, at as number)).toThrow(new TypeError("expiresAt must be epoch milliseconds"));
    expect(() => assertGive(1, at as number)).toThrow(new TypeError("takenAt must be epoch milliseconds"));
  });

  it("may be missing where a key never ends, not where a unit was taken", () => {
    assertTake(1, null);
    expect(() => assertGive(1, null as never)).toThrow(TypeError);
  });
});

describe("a cost", () => {
  it.each([1, Number.MAX_SAFE_INTEGER])("may be %s", (cost) => {
    assertTake(cost, null);
    assertGive(cost, 0);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53, "1", null])("may not be %s", (cost) => {
    expect(() => assertTake(cost as number, null)).toThrow(new TypeError("cost must be a positive integer"));
    expect(() => assertGive(cost as number, 0)).toThrow(new TypeError("cost must be a positive integer"));
  });
});
