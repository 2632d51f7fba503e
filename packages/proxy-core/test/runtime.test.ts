import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

// As each runtime would be told: `test/runtimes` shows on the real ones that it is true.
const NODE = { release: { name: "node" }, versions: { undici: "7.11.0" } };

/** What the package takes a runtime for that has these globals. */
async function runtimeOf(globals: Record<string, unknown>, process: object = NODE) {
  const described = Object.entries(process).map(([name, value]) => [name, { value }]);
  vi.stubGlobal("process", Object.create(globalThis.process, Object.fromEntries(described)));
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  return await import("../src/runtime.ts");
}

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it.each([
  ["Node", {}, { SAYS_UNSENT: true }],
  ["Bun", { Bun: {} }, { KEEPS_ENCODING: true }],
  ["Deno", { Deno: {} }, {}],
  [
    "workerd",
    { WebSocketPair: class {} },
    {
      CAN_UPGRADE: true,
      KEEPS_ENCODING: true,
      DROPS_WHAT_IS_LEFT: true,
      HAS_EDGE: true,
      UNCACHED: { cf: { cacheTtl: -1 } },
    },
  ],
])("%s is known, and what it can do", async (_, globals, differing) => {
  expect(await runtimeOf(globals)).toMatchObject({
    CAN_UPGRADE: false,
    KEEPS_ENCODING: false,
    DROPS_WHAT_IS_LEFT: false,
    HAS_EDGE: false,
    UNCACHED: {},
    SAYS_UNSENT: false,
    ...differing,
  });
});

it.each([[{}], [{ release: undefined }], [{ release: { name: "other" } }]])(
  "what is no Node does not say what was sent: %j",
  async (process) => {
    expect((await runtimeOf({}, { ...NODE, release: {}, ...process })).SAYS_UNSENT).toBe(false);
  },
);

describe("a body has been decoded", () => {
  it.each([
    ["gzip", {}, true],
    ["BR", { "accept-encoding": "gzip" }, true],
    ["gzip", { range: "bytes=0-" }, false],
    ["gzip", { "accept-encoding": "identity" }, false],
    ["deflate", {}, false],
    ["x-gzip", {}, false],
    ["gzip, br", {}, false],
    ["br-like", {}, false],
    ["", {}, false],
  ])("by Deno: %s, asked with %j: %s", async (coding, sent, decoded) => {
    expect((await runtimeOf({ Deno: {} })).hasDecoded(coding, new Headers(sent))).toBe(decoded);
  });

  it.each([
    ["gzip", true],
    ["GZIP", true],
    ["x-gzip", true],
    ["deflate", true],
    ["br", true],
    ["gzip, br", true],
    ["gzip ,br", true],
    ["identity, gzip", false],
    ["gzip,", false],
    ["my-gzip", false],
    ["br-like", false],
    ["", false],
  ])("by Node: %s: %s", async (coding, decoded) => {
    expect((await runtimeOf({})).hasDecoded(coding, new Headers({ range: "bytes=0-" }))).toBe(decoded);
  });

  it.each([
    ["8.0.0", true],
    ["7.11.0", true],
    ["7.10.9", false],
    ["6.21.3", false],
    [undefined, false],
  ])("by the undici of this version if it is zstd: %s: %s", async (undici, decoded) => {
    const { hasDecoded } = await runtimeOf({}, { ...NODE, versions: { undici } });
    expect([hasDecoded("zstd", new Headers()), hasDecoded("ZSTD", new Headers())]).toEqual([decoded, decoded]);
    expect([hasDecoded("gzip", new Headers()), hasDecoded("my-zstd", new Headers())]).toEqual([true, false]);
  });
});
