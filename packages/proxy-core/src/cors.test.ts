import { describe, expect, it } from "vitest";
import { type CorsOptions, withCors } from "./cors.ts";

const A = "https://a.example";
const B = "http://b.example:8080";

async function ask(origin: CorsOptions["origin"], from: string | null, response = new Response("ok")) {
  const headers = new Headers(from === null ? {} : { origin: from });
  const answer = await withCors(async () => response, { origin })(new Request("https://proxy.example/", { headers }));
  return { allowed: answer.headers.get("access-control-allow-origin"), vary: answer.headers.get("vary"), answer };
}

async function preflight(options: CorsOptions, from = A) {
  let asked = 0;
  const handler = withCors(async () => {
    asked++;
    return new Response("no");
  }, options);
  const headers = { origin: from, "access-control-request-method": "POST" };
  const answer = await handler(new Request("https://proxy.example/x", { method: "OPTIONS", headers }));
  return { asked, answer };
}

describe("withCors", () => {
  it.each<[origin: CorsOptions["origin"], from: string | null, allowed: string | null, vary: string | null]>([
    ["*", A, "*", null],
    ["*", null, "*", null],
    [["*"], A, "*", null],
    [A, A, A, null],
    [A, B, A, null],
    [[A], null, A, null],
    [[A, B], A, A, "Origin"],
    [[A, B], B, B, "Origin"],
    [[A, B], "https://a.example.evil.example", null, "Origin"],
    [[A, B], "null", null, "Origin"],
    [[A, B], null, null, "Origin"],
    ["off", A, null, null],
  ])("%j, asked from %s, allows %s", async (origin, from, allowed, vary) => {
    expect(await ask(origin, from)).toMatchObject({ allowed, vary });
  });

  it("adds to the handler's own Vary", async () => {
    const response = new Response("ok", { headers: { vary: "Accept-Encoding" } });
    expect((await ask([A, B], A, response)).vary).toBe("Accept-Encoding, Origin");
  });

  it("exposes what a caller needs to see, on errors too", async () => {
    const { answer, allowed } = await ask("*", A, new Response("no", { status: 429, headers: { "retry-after": "1" } }));
    expect([answer.status, allowed]).toEqual([429, "*"]);
    expect(answer.headers.get("access-control-expose-headers")?.toLowerCase().split(", ")).toEqual([
      ...["ratelimit", "ratelimit-policy", "retry-after", "retry-after-ms", "x-should-retry", "x-oidc-proxy-error"],
      ...["request-id", "x-request-id", "apim-request-id", "x-ms-request-id"],
    ]);
  });

  it("exposes more where it is told to", async () => {
    const handler = withCors(async () => new Response(), { origin: "*", exposeHeaders: ["Mcp-Session-Id", "X-Two"] });
    const exposed = (await handler(new Request("https://proxy.example/"))).headers.get("access-control-expose-headers");
    expect(exposed).toMatch(/^RateLimit, .*, Mcp-Session-Id, X-Two$/);
  });

  it("can dress an answer that cannot be changed", async () => {
    expect((await ask("*", A, Response.redirect("https://a.example/", 302))).allowed).toBe("*");
  });

  it("answers a preflight without asking the handler", async () => {
    const { asked, answer } = await preflight({ origin: [A, B], extraHeaders: ["anthropic-version"] });
    expect([asked, answer.status, await answer.text()]).toEqual([0, 204, ""]);
    expect(Object.fromEntries(answer.headers)).toEqual({
      "access-control-allow-origin": A,
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      "access-control-allow-headers": "Authorization, Content-Type, x-api-key, anthropic-version",
      "access-control-max-age": "86400",
      vary: "Origin",
    });
  });

  it("takes every token for a header's name", async () => {
    const { answer } = await preflight({ origin: A, extraHeaders: ["!#$%&'*+-.^_`|~09azAZ"] });
    expect(answer.headers.get("access-control-allow-headers")).toMatch(/, !#\$%&'\*\+-\.\^_`\|~09azAZ$/);
  });

  it("answers a preflight from elsewhere without allowing it", async () => {
    const { asked, answer } = await preflight({ origin: [A, B] }, "https://evil.example");
    expect([asked, answer.status, answer.headers.has("access-control-allow-origin")]).toEqual([0, 204, false]);
  });

  it("answers a preflight with nothing when CORS is off", async () => {
    const { asked, answer } = await preflight({ origin: "off" });
    expect([asked, answer.status, [...answer.headers]]).toEqual([0, 204, []]);
  });

  it("takes OPTIONS without Access-Control-Request-Method for any other request", async () => {
    const handler = withCors(async () => new Response("mine"), { origin: "*" });
    const answer = await handler(new Request("https://proxy.example/", { method: "OPTIONS" }));
    expect(await answer.text()).toBe("mine");
  });

  it.each<CorsOptions["origin"]>([
    "",
    [],
    "a.example",
    `${A}/`,
    "https://*.a.example",
    [A, "*"],
    ["off", A],
    "https://u@a.example",
    "h!ttps://a.example",
    "2https://a.example",
  ])("%j is no origin", (origin) => {
    expect(() => withCors(async () => new Response(), { origin })).toThrow(TypeError);
  });

  it.each<unknown>([
    ["x foo"],
    [""],
    ["x:y"],
    ["x\r\ny: z"],
    ["a, b"],
    ["\u00e9"],
    [undefined],
    [5],
    "x-foo",
    null,
    { 0: "x" },
  ])("%j is no list of header names", (names) => {
    for (const option of ["extraHeaders", "exposeHeaders"]) {
      const options = { origin: "*", [option]: names } as CorsOptions;
      expect(() => withCors(async () => new Response(), options)).toThrow(
        new TypeError(`${option} must be a list of header names`),
      );
    }
  });
});

it.each(["https://\u4f8b.example", "https://a\u0000.example", "https://a\u0001.example"])(
  "an origin that no header can hold is refused when it is made: %j",
  (origin) => {
    expect(() => withCors(async () => new Response(), { origin })).toThrow(TypeError);
    expect(() => withCors(async () => new Response(), { origin: ["https://a.example", origin] })).toThrow(TypeError);
  },
);
