import { describe, expect, it } from "vitest";
import { methodsInQuery } from "./method-override.ts";

describe("methodsInQuery", () => {
  it.each([
    ["?_method=DELETE", ["DELETE"]],
    ["?a=b&_method=delete", ["DELETE"]],
    ["?_method=PUT&_method=DELETE&_method=put", ["PUT", "DELETE"]],
    ["?a=b;_method=DELETE", ["DELETE"]],
    ["?a?_method=DELETE", ["DELETE"]],
    ["?_METHOD=DELETE", ["DELETE"]],
    ["?%5Fmethod=%44ELETE", ["DELETE"]],
    ["?%255fmethod=%2544ELETE", ["DELETE"]],
    ["?%u005fmethod=%u0044ELETE", ["DELETE"]],
    ["?_%6d%65thod=DELETE", ["DELETE"]],
    ["?_method=+DELETE%20", ["DELETE"]],
    // PHP cuts off blanks before a name and takes dots and blanks in it for underscores.
    ["?+_method=DELETE", ["DELETE"]],
    ["?.method=DELETE", ["DELETE"]],
    ["?_method[]=DELETE", ["DELETE"]],
    ["?_method%00x=DELETE&_method%00=PUT", ["PUT"]],
    ["?X-HTTP-Method-Override=DELETE", ["DELETE"]],
    ["?x_http_method_override=DELETE", ["DELETE"]],
    ["?X-Method-Override=DELETE", ["DELETE"]],
    ["?X-HTTP-Method=MERGE", ["MERGE"]],
    ["?_HttpMethod=PATCH", ["PATCH"]],
    ["?%24httpMethod=DELETE", ["DELETE"]],
    ["?$httpHeaders=X-HTTP-Method-Override%3ADELETE", ["?"]],
    ["?method=delete", ["DELETE"]],
    ...["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS"].map((each): [string, string[]] => [
      `?method=${each}`,
      [each],
    ]),
    ["?_method=nonsense", ["NONSENSE"]],
    ["?_method=", [""]],
    ["?_method", [""]],
    ["?_method=%zz", ["%ZZ"]],
  ])("%s names %j", (query, methods) => {
    expect(methodsInQuery(query)).toEqual(methods);
  });

  it.each([
    "",
    "?",
    "?a=b",
    "?method=auto",
    "?method",
    "?payment_method=PUT",
    "?methods=PUT",
    "?q=_method%3DPUT",
    "?a=%zz",
  ])("%j names none", (query) => {
    expect(methodsInQuery(query)).toEqual([]);
  });

  it("takes no time that grows faster than the query", () => {
    const started = performance.now();
    for (const unit of ["_method=x&", "%25", "%2525method", "&", "+", "_method", "%25u00"]) {
      methodsInQuery(`?${unit.repeat(16_000 / unit.length)}`);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});
