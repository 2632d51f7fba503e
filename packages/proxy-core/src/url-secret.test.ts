import { describe, expect, it } from "vitest";
import type { RouteOptions } from "./route.ts";
import { createRouter } from "./router.ts";
import { holdsSecret } from "./url-secret.ts";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";
const hex = (text: string) => text.replace(/./g, (char) => `%${char.charCodeAt(0).toString(16)}`);

describe("holdsSecret", () => {
  it.each([
    ["as it stands", TOKEN],
    ["in the middle", `/x?a=b&key=Bearer+${TOKEN}&c=d`],
    ["encoded in part", TOKEN.replaceAll(".", "%2E")],
    ["encoded in whole", hex(TOKEN)],
    ["encoded in upper case", hex(TOKEN).toUpperCase()],
    ["encoded twice", encodeURIComponent(hex(TOKEN))],
    ["encoded four times", hex(TOKEN).replaceAll("%", "%252525")],
    ["encoded badly", `%zz%${TOKEN}%`],
    ["beside what is no UTF-8", `%ff%fe${hex(TOKEN)}%80`],
  ])("%s", (_, target) => {
    expect(holdsSecret(target, ["another-secret-of-some", TOKEN])).toBe(true);
  });

  it.each([
    ["nothing of it", "/x?a=%41"],
    ["its beginning", TOKEN.slice(0, -1)],
    ["it, in parts", TOKEN.replace(".", "/")],
    ["it, encoded deeper than anybody decodes", hex(TOKEN).replaceAll("%", "%25252525")],
  ])("not: %s", (_, target) => {
    expect(holdsSecret(target, [TOKEN])).toBe(false);
  });

  it("takes its time in proportion", () => {
    const start = performance.now();
    holdsSecret(`/?${"%25".repeat(20_000)}41`, Array(20).fill(TOKEN));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("a router", () => {
  const route: RouteOptions = { prefix: "/a", upstream: "https://up.example", key: "sk-secret" };
  const router = createRouter([route], { fetch: async () => new Response() });
  const request = (path: string, headers: Record<string, string>) =>
    new Request(`https://proxy.example${path}`, { headers });
  const refused = expect.objectContaining({ code: "route_not_allowed" });

  it.each<[string, Record<string, string>]>([
    [`/a/x?key=${TOKEN}`, { "x-api-key": TOKEN }],
    [`/a/${TOKEN}`, { authorization: `Bearer ${TOKEN}` }],
    [`/a/?key=${hex(TOKEN)}`, { "x-api-key": "another", "api-key": TOKEN }],
    [`/a/?key=${TOKEN}`, { "x-auth-token": TOKEN }],
    [`/a/?key=${TOKEN}`, { authorization: `token ${TOKEN}` }],
    [`/a/?key=${TOKEN}`, { authorization: `Basic ${btoa(`any:${TOKEN}`)}` }],
    [`/a/?key=${hex(TOKEN)}`, { authorization: `basic ${btoa(`${TOKEN}:`)}` }],
    [`/a/?key=${btoa(`any:${TOKEN}`)}`, { authorization: `Basic ${btoa(`any:${TOKEN}`)}` }],
    [`/a/?key=${encodeURIComponent(btoa(`any!:${TOKEN}`))}`, { authorization: `Basic ${btoa(`any!:${TOKEN}`)}` }],
  ])("refuses a URL that holds the caller's credential before anything is asked: %s", (path, headers) => {
    expect(() => router.match(request(path, headers))).toThrow(refused);
  });

  it("looks at another request that is forwarded in its place", async () => {
    const { forward } = router.match(request(`/a/?key=${TOKEN}`, {}));
    await expect(forward(request("/a/", { "x-api-key": TOKEN }))).rejects.toThrow(refused);
    expect((await forward(request("/a/", {}))).status).toBe(200);
  });
});
