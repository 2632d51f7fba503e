import fc from "fast-check";
import { expect, it } from "vitest";
import { readCallerHeaders } from "./credential.ts";
import type { ProxyEvent } from "./handler.ts";
import { rewriteRequestHeaders } from "./rewrite-request.ts";
import { rewriteResponse } from "./rewrite-response.ts";
import { prepareRoute } from "./route.ts";

const KEY = "sk-the-real-key";
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";
const options = { upstream: "https://up.example/base", key: [KEY, "sk+next/key=="] } as const;
const route = prepareRoute(options, 1000, "routes[0]");
const withCookies = prepareRoute({ ...options, cookies: "pass" }, 1000, "routes[0]");

const around = fc.stringMatching(/^[ -~]{0,6}$/);
const carrying = (secret: string) => fc.tuple(around, around).map(([before, after]) => `${before}${secret}${after}`);
const append = (pairs: [string, string][]) => {
  const headers = new Headers();
  for (const [name, value] of pairs) headers.append(name, value);
  return headers;
};

it("no header that carries the caller's credential is left, and every other is", () => {
  const carrier = fc.constantFrom("x-api-key", "authorization", "api-key", "x-goog-api-key", "proxy-authorization");
  const name = fc.constantFrom(
    "x-a",
    "accept",
    "referer",
    "x-forwarded-for",
    "cf-ray",
    "cookie",
    "x-auth-token",
    "X_Api_Key",
  );
  const request = fc.record({
    carrier,
    credential: fc.constantFrom(
      ...["", "Bearer ", "bearer  ", "Basic ", "token ", "token="].map((scheme) => `${scheme}${TOKEN}`),
      ...[`u:${TOKEN}`, `${TOKEN}:`, TOKEN].map((said) => `basic ${btoa(said)}`),
    ),
    copies: fc.array(fc.tuple(name, carrying(TOKEN)), { maxLength: 4 }),
    isUpgrade: fc.boolean(),
    route: fc.constantFrom(route, withCookies),
  });
  fc.assert(
    fc.property(request, ({ carrier, credential, copies, isUpgrade, route }) => {
      const honest: [string, string] = ["anthropic-version", "2023-06-01"];
      const headers = append([honest, [carrier, credential], ...copies]);
      const rewritten = rewriteRequestHeaders(headers, readCallerHeaders(headers), route, isUpgrade);
      expect([...rewritten]).toEqual(isUpgrade ? [honest, ["upgrade", "websocket"]] : [honest]);
    }),
    { numRuns: 1000 },
  );
});

it("no header that repeats a key is left, in whatever form, and every other is", () => {
  const name = fc.constantFrom("x-echo", "location", "set-cookie", "etag", "www-authenticate");
  const secret = fc.constantFrom(KEY, "sk+next/key==", encodeURIComponent("sk+next/key=="));
  const header = fc.tuple(name, secret.chain(carrying));
  fc.assert(
    fc.property(fc.array(header, { maxLength: 5 }), (echoes) => {
      const events: ProxyEvent[] = [];
      const headers = append([["set-cookie", "fine=1"], ["x-fine", "1"], ...echoes]);
      const upstream = new Response(null, { status: 302, headers });
      const rewritten = rewriteResponse(
        upstream,
        withCookies,
        "https://proxy.example",
        (event) => events.push(event),
        new Headers(),
      );
      const fine = [
        ["set-cookie", "fine=1"],
        ["x-fine", "1"],
      ];
      expect([...rewritten.headers]).toEqual(fine);
      expect(new Set(events.map((event) => event.type === "header_dropped" && event.header))).toEqual(
        new Set(echoes.map(([name]) => name)),
      );
    }),
    { numRuns: 1000 },
  );
});
