import { escapingTargets, faithfulTargets, targetPieces } from "@org/testkit/http-cases";
import { statusOf } from "@org/testkit/raw-http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStage } from "./stage.ts";

const stage = createStage();
const get = (target: string) => stage.send(`GET ${target}`);
const receivedLines = () => stage.upstream.requests.map(({ line }) => line);

describe("targets", () => {
  it.each(faithfulTargets)("%s survives byte for byte", async (_, target) => {
    expect(statusOf(await get(target))).toBe(200);
    expect(receivedLines()).toEqual([`GET /base${target} HTTP/1.1`]);
  });

  it.each(escapingTargets)("%s is refused", async (_, target) => {
    const answer = await get(target);
    expect(statusOf(answer)).toBe(404);
    expect(receivedLines()).toEqual([]);
  });

  it("bytes that are not UTF-8 are refused by the runtime already", async () => {
    expect(statusOf(await get("/\u00ff"))).toBe(400);
  });

  it.each(["http://evil.example/x", "http://user:pass@evil.example:81/x", "https://evil.example/x"])(
    "an absolute target %s stays with the upstream",
    async (target) => {
      await get(target);
      expect(receivedLines()).toEqual(["GET /base/x HTTP/1.1"]);
      expect(stage.received().headers.host).toBe(new URL(stage.upstream.url).host);
    },
  );

  it("survive byte for byte or are refused, whatever they hold", async () => {
    const piece = fc.oneof(
      fc.constantFrom(...targetPieces),
      fc.string({ unit: fc.constantFrom(..."abcXYZ019-_~!$&'()*+,=:@/?%[]{}|^`<>\"") }),
    );
    const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);
    await fc.assert(
      fc.asyncProperty(target, async (target) => {
        stage.upstream.requests.length = 0;
        const status = statusOf(await get(target));
        // 400: workerd's own parser took it for no request at all.
        expect([status, receivedLines()]).toBeOneOf([
          [200, [`GET /base${target} HTTP/1.1`]],
          [404, []],
          [400, []],
        ]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("without fetch_legacy_url", () => {
  const standard = createStage({ flags: [] });

  it.each([
    ["/a%2Fb//c;d+e%20?a=b&a=c&&", "/a%2Fb//c;d+e%20?a=b&a=c&&"],
    ["/it's?q='x'", "/it's?q=%27x%27"],
    ["/\u00c3\u00a9?\u00c3\u00bc", "/%C3%A9?%C3%BC"],
  ])("fetch writes %j as %j", async (target, written) => {
    await standard.send(`GET ${target}`);
    expect(standard.received().line).toBe(`GET /base${written} HTTP/1.1`);
  });
});
