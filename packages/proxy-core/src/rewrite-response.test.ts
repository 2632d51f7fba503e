import { describe, expect, it } from "vitest";
import type { ProxyEvent } from "./handler.ts";
import { rewriteResponse } from "./rewrite-response.ts";
import { prepareRoute, type RouteOptions } from "./route.ts";
import type { SecretValue } from "./route-secrets.ts";

const KEY = "sk-Real+key/0123=";
const UP = "https://up.example/base";

function rewrite(headers: HeadersInit, options: Partial<RouteOptions> = {}, statusText = "") {
  const route = prepareRoute({ upstream: UP, prefix: "/p", key: KEY, ...options }, 1000, "routes[0]");
  const events: ProxyEvent[] = [];
  const upstream = new Response(null, { headers, statusText });
  const response = rewriteResponse(
    upstream,
    route,
    "https://proxy.example",
    (event) => events.push(event),
    new Headers(),
  );
  return { headers: [...response.headers], statusText: response.statusText, events };
}

describe("cookies", () => {
  const cookies: [string, string][] = [
    ["set-cookie", "session=1"],
    ["set-cookie", "theme=dark"],
    ["set-cookie2", "old=1"],
  ];

  it("stay behind", () => {
    expect(rewrite([...cookies, ["x-a", "1"]]).headers).toEqual([["x-a", "1"]]);
  });

  it('come through with cookies: "pass", one by one', () => {
    expect(rewrite(cookies, { cookies: "pass" }).headers).toEqual(cookies);
  });

  it.each([undefined, "pass"] as const)("never carry the key (cookies: %s)", (pass) => {
    for (const key of [KEY, btoa(KEY), encodeURIComponent(KEY)]) {
      const sent: [string, string][] = [
        ["set-cookie", "a=1"],
        ["set-cookie", `k=${key}`],
        ["set-cookie", "b=2"],
      ];
      const { headers, events } = rewrite(sent, pass && { cookies: pass });
      expect(headers).toEqual(pass ? [sent[0], sent[2]] : []);
      expect(events).toEqual([{ type: "header_dropped", route: "/p", header: "set-cookie" }]);
    }
  });
});

describe("sessions in other headers", () => {
  const names = [
    "authorization",
    "x-auth-token",
    "x-api-key",
    "api-key",
    "x-subject-token",
    "x-session-token",
    "x-own",
  ];

  it.each([...names, "x_auth_token", "x.subject.token"])("%s stays behind", (name) => {
    expect(rewrite({ [name]: "session-1", "x-a": "1" }, { authHeader: "X-Own" }).headers).toEqual([["x-a", "1"]]);
  });

  it.each(names)('%s comes through with cookies: "pass"', (name) => {
    const options = { authHeader: "X-Own", cookies: "pass" } as const;
    expect(rewrite({ [name]: "session-1" }, options).headers).toEqual([[name, "session-1"]]);
    expect(rewrite({ [name]: KEY }, options).headers).toEqual([]);
  });

  it.each(["mcp-session-id", "x-request-id", "etag", "content-type"])("%s is none", (name) => {
    expect(rewrite({ [name]: "1" }).headers).toEqual([[name, "1"]]);
  });
});

it.each(["x-hop", "close, X-Hop"])("what Connection names stays there: %j", (connection) => {
  expect(rewrite({ connection, "x-hop": "1", "x-a": "1" }, { cookies: "pass" }).headers).toEqual([["x-a", "1"]]);
});

it.each([undefined, "pass"] as const)("the proxy's own word is not the upstream's (cookies: %s)", (pass) => {
  for (const name of ["x-oidc-proxy-error", "X-OIDC-Proxy-Error", "x_oidc_proxy_error"]) {
    const sent = { [name]: "budget_exhausted", "x-a": "1" };
    expect(rewrite(sent, pass && { cookies: pass }).headers).toEqual([["x-a", "1"]]);
  }
});

describe("what an origin says of itself stays behind", () => {
  it.each([
    "Alt-Svc",
    "Strict-Transport-Security",
    "Clear-Site-Data",
    "NEL",
    "Report-To",
    "Reporting-Endpoints",
    "Public-Key-Pins",
    "Public-Key-Pins-Report-Only",
    "Expect-CT",
    "Set-Login",
    "Service-Worker-Allowed",
    "Origin-Agent-Cluster",
    "Origin-Trial",
    "Accept-CH",
    "Critical-CH",
    "Secure-Session-Registration",
    "Speculation-Rules",
    "Access-Control-Allow-Origin",
  ])("%s", (name) => {
    expect(rewrite({ [name]: "1", "x-a": "1" }, { cookies: "pass" }).headers).toEqual([["x-a", "1"]]);
  });

  it.each(["content-security-policy", "permissions-policy", "cross-origin-resource-policy", "x-frame-options", "vary"])(
    "%s speaks of its own answer only",
    (name) => {
      expect(rewrite({ [name]: "1" }).headers).toEqual([[name, "1"]]);
    },
  );
});

describe("URLs below the base path get the proxy's address", () => {
  it.each<[name: string, value: string, moved: string]>([
    ["location", `${UP}/x`, "https://proxy.example/p/x"],
    ["content-location", "/base/x", "/p/x"],
    ["link", `<${UP}/x?page=2>; rel="next"`, '<https://proxy.example/p/x?page=2>; rel="next"'],
    ["operation-location", `${UP}/ops/1`, "https://proxy.example/p/ops/1"],
    ["azure-asyncoperation", `${UP}/ops/1`, "https://proxy.example/p/ops/1"],
    ["refresh", `5; url=${UP}/x`, "5; url=https://proxy.example/p/x"],
    ["uri", `<${UP}/x>`, "<https://proxy.example/p/x>"],
    ["www-authenticate", `Bearer realm="${UP}/token"`, 'Bearer realm="https://proxy.example/p/token"'],
    ["x-goog-upload-url", `${UP}/upload?id=1`, "https://proxy.example/p/upload?id=1"],
    ["x-next-page-links", `${UP}/a,${UP}/b`, "https://proxy.example/p/a,https://proxy.example/p/b"],
    ["odata-nextlink", `${UP}/x?page=2`, "https://proxy.example/p/x?page=2"],
    ["x-other", `${UP}/x`, `${UP}/x`],
  ])("%s: %s", (name, value, moved) => {
    expect(rewrite({ [name]: value }).headers).toEqual([[name, moved]]);
  });

  it("in a header that is sent several times", () => {
    const links: [string, string][] = [1, 2].map((page) => ["link", `<${UP}/x?page=${page}>; rel=a`]);
    const moved = [1, 2].map((page) => `<https://proxy.example/p/x?page=${page}>; rel=a`).join(", ");
    expect(rewrite(links).headers).toEqual([["link", moved]]);
  });
});

describe("a header that repeats a secret is dropped", () => {
  const secret = "Bearer sk-of-another-0123";
  const options = {
    headers: { "X-Second-Key": secret, "X-Version": "2022-11-28", Accept: "application/vnd.api+json" },
  };

  it.each<[name: string, value: string]>([
    ["x-echo", `got ${KEY.toUpperCase()}!`],
    ["x-echo", JSON.stringify(KEY).replace("/", "\\/")],
    ["x-echo", btoa(`user:${KEY}`)],
    ["x-echo", `${secret}!`],
    ["x-echo", "sk-of-another-0123"],
    ["link", `<${UP}/x?key=${encodeURIComponent(KEY).toLowerCase()}>; rel="next"`],
    ["strict-transport-security", KEY],
  ])("%s: %s", (name, value) => {
    const { headers, events } = rewrite({ [name]: value, "x-a": "1" }, options);
    expect(headers).toEqual([["x-a", "1"]]);
    expect(events).toEqual([{ type: "header_dropped", route: "/p", header: name }]);
  });

  it.each([
    ["the key", { key: "an-old-key-0123" }],
    ["the first of two keys", { key: ["an-old-key-0123", "a-new-key-4567"] }],
    ["the second of two keys", { key: ["a-new-key-4567", "an-old-key-0123"] }],
    ["a header's secret", { headers: { "x-b": { secret: "an-old-key-0123" } } }],
  ] as [string, Partial<RouteOptions>][])("and its name is not told if that repeats it: %s", (_, options) => {
    const { headers, events } = rewrite({ [`x-${btoa("an-old-key-0123")}`]: "1" }, options);
    expect(headers).toEqual([]);
    expect(events).toEqual([{ type: "header_dropped", route: "/p", header: "(its name)" }]);
  });

  describe("or what a Basic credential says", () => {
    const isDropped = (text: string, options: Partial<RouteOptions>) =>
      rewrite({ "x-echo": `got ${text}!` }, options).headers.length === 0;
    const asKey = (text: string, authPrefix = "Basic ") => ({ authPrefix, key: btoa(text) });
    const asHeader = (text: string) => ({ headers: { "x-b": `Basic ${btoa(text)}` } });

    it.each<[said: string, text: string, options: Partial<RouteOptions>]>([
      ["all of it", "user:hunter2-and-more", asKey("user:hunter2-and-more")],
      ["the password", "hunter2-and-more", asKey("user:hunter2-and-more")],
      ["a short password", "hunter22", asKey("user:hunter22")],
      ["a password with colons", "hunter2:a:b", asKey("user:hunter2:a:b")],
      ["a password, percent-encoded", "hunter2%2Fa%3db", asKey("user:hunter2/a=b")],
      ["a password in other base64", btoa(";hunter2-and-more;"), asKey("user:hunter2-and-more")],
      ["after a prefix in other case", "hunter2-and-more", asKey("user:hunter2-and-more", "bAsIc  ")],
      ["base64 for URLs, without padding", "hun??>>ter2", { authPrefix: "Basic ", key: "dTpodW4_Pz4-dGVyMg" }],
      ["a key in the place of a user", "sk_live_0123", asKey("sk_live_0123:")],
      ["a long user before a mark", "ghp_0123456789abcdef", asKey("ghp_0123456789abcdef:x-oauth-basic")],
      ["a user of 16 characters", "ghp_0123456789ab", asKey("ghp_0123456789ab:x-oauth-basic")],
      ["without a colon", "hunter2-alone", asKey("hunter2-alone")],
      [
        "the second key's",
        "hunter3-alone",
        { authPrefix: "Basic ", key: [btoa("u:hunter2x"), btoa("u:hunter3-alone")] },
      ],
      ["a header's", "hunter2-and-much-more", asHeader("user:hunter2-and-much-more")],
      [
        "a header's after a tab",
        "hunter2-and-much-more",
        { headers: { "x-b": `Basic\t${btoa("u:hunter2-and-much-more")}` } },
      ],
      ["a header's, all of it", "user:hunter2-abcd", asHeader("user:hunter2-abcd")],
      [
        "UTF-8, as its bytes",
        "h\u00c3\u00a4nter2-xyz",
        { authPrefix: "Basic ", key: btoa("u:h\u00c3\u00a4nter2-xyz") },
      ],
      ["UTF-8, escaped", "h%C3%A4nter2-xyz", { authPrefix: "Basic ", key: btoa("u:h\u00c3\u00a4nter2-xyz") }],
      [
        "UTF-8, escaped as in JSON",
        "h\\u00e4nter2-xyz",
        { authPrefix: "Basic ", key: btoa("u:h\u00c3\u00a4nter2-xyz") },
      ],
    ])("%s: %s", (_, text, options) => {
      expect(isDropped(text, options)).toBe(true);
    });

    it.each<[said: string, text: string, options: Partial<RouteOptions>]>([
      ["a user", "some-user", asKey("some-user:hunter2-and-more")],
      ["a user of 15 characters", "ghp_0123456789a", asKey("ghp_0123456789a:x-oauth-basic")],
      ["a password of a few letters", "hunter2", asKey("user:hunter2")],
      ["a header's password of a few letters", "hunter2-short", asHeader("user:hunter2-short")],
      ["another scheme's", "hunter2-and-more", asKey("user:hunter2-and-more", "Bearer ")],
      ["what is no base64", "hunter2-and-more", { authPrefix: "Basic ", key: "a!b" }],
      ["what is hardly any", "hunter2-and-more", { authPrefix: "Basic ", key: "abcde" }],
    ])("but not %s: %s", (_, text, options) => {
      expect(isDropped(text, options)).toBe(false);
    });

    it("a password of other letters than a header has", () => {
      const bytes = [...new TextEncoder().encode("u:пароль-2026")].map((byte) => String.fromCharCode(byte)).join("");
      const options = { authPrefix: "Basic ", key: btoa(bytes) };
      expect(isDropped(encodeURIComponent("пароль-2026"), options)).toBe(true);
      expect(isDropped(bytes, options)).toBe(true);
    });
  });

  it.each<[name: string, secret: SecretValue, echo: string]>([
    ["a short one", { secret: "app-1" }, "got app-1!"],
    ["in another case", { secret: "app-1" }, "APP-1"],
    ["in base64", { secret: "app-key-01" }, btoa("app-key-01")],
    ["behind its prefix", { secret: "app-1", prefix: "Bearer " }, "Bearer app-1"],
    ["what it says after Basic", { secret: btoa("u:hunter22"), prefix: "Basic " }, "hunter22"],
    ["in a header that holds no secret otherwise", { secret: "app-1" }, "app-1"],
  ])("a header's secret is one at any length: %s", (_, secret, echo) => {
    const options = { headers: { "DD-APPLICATION-KEY": secret, Accept: secret } };
    expect(rewrite({ "x-echo": echo, "x-a": "1" }, options).headers).toEqual([["x-a", "1"]]);
  });

  it("and what an answer says in that header may open a session", () => {
    const options = { headers: { "X-App-Session": { secret: "app-1" } } };
    expect(rewrite({ "x-app-session": "new", x_app_session: "new", "x-a": "1" }, options).headers).toEqual([
      ["x-a", "1"],
    ]);
  });

  it("short values, and those that say what is asked for, are no secrets", () => {
    const fine: [string, string][] = [
      ["content-type", "application/vnd.api+json"],
      ["x-version", "2022-11-28"],
    ];
    expect(rewrite(fine, options).headers).toEqual(fine);
  });

  it("a status text that repeats one is left out", () => {
    expect(rewrite({}, {}, `No ${btoa(KEY)}`).statusText).toBe("");
  });
});
