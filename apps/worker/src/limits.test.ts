import { expect, it } from "vitest";
import { kinds, limitNames, limits } from "./limits.ts";

it.each(limitNames)("each limit counts under its own name, and each answer is its own: %s", (name) => {
  const { kind, code, text, variable } = limits[name];
  expect(kinds[kind](name, 7).peek(null, 0)).toMatchObject([{ name, limit: 7, remaining: 7 }]);
  const others = limitNames.filter((other) => other !== name).map((other) => limits[other]);
  expect(others).not.toContainEqual(expect.objectContaining({ code }));
  expect(others).not.toContainEqual(expect.objectContaining({ text }));
  expect(others).not.toContainEqual(expect.objectContaining({ variable }));
});

it.each(limitNames)("limits of one object are one caller's: %s", (name) => {
  const { object, ids, keepUntil } = limits[name];
  for (const other of limitNames.map((each) => limits[each]).filter((each) => each.object === object)) {
    expect([other.ids, other.keepUntil]).toEqual([ids, keepUntil]);
  }
});

it.each(limitNames)("a count that never ends by itself can be forgotten: %s", (name) => {
  const { kind, keepUntil } = limits[name];
  if (kind === "total") expect(keepUntil).toBeDefined();
});
