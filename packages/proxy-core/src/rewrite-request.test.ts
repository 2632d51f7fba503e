import { describe, expect, it } from "vitest";
import { credentialsIn } from "./credential.ts";
import { rewriteRequestHeaders } from "./rewrite-request.ts";
import { prepareRoute, type RouteOptions } from "./route.ts";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";

function rewrite(headers: Record<string, string>, options: Partial<RouteOptions> = {}) {
  const route = prepareRoute({ upstream: "https://up.example", key: "sk", ...options }, 1000, "routes[0]");
  const sent = new Headers(headers);
  return Object.fromEntries(rewriteRequestHeaders(sent, route, credentialsIn(sent), false));
}

describe("stays here", () => {
  it.each([
    "X-HTTP-Method-Override",
    "X-Method-Override",
    "X-HTTP-Method",
    "Method-Override",
    "X-Original-URL",
    "X-Original-URI",
    "X-Original-Method",
    "X-Original-Host",
    "X-Rewrite-URL",
    "X-Override-URL",
    "X-Proxy-URL",
    "X-Request-URI",
    "Request-URI",
    "Base-URL",
    "URL",
    "X-Method",
    "X-Path-Info",
    "X-Scheme",
    "Fastly-SSL",
    "X-Envoy-Original-Path",
    "X-Matched-Path",
    "X-Middleware-Subrequest",
    "X-Accel-Mapping",
    "X-Sendfile-Type",
    "X-Script-Name",
    "Destination",
    "Proxy",
    "Forwarded",
    "X-Forwarded",
    "X-Forwarded-For",
    "X-ForwardedFor",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "Fly-Forwarded-Proto",
    "X-Host",
    "X-HTTP-Host-Override",
    "X-Real-IP",
    "Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "Fastly-Client-IP",
    "X-Azure-ClientIP",
    "X-Azure-FDID",
    "X-Originating-IP",
    "X-Remote-Addr",
    "X-Remote-User",
    "X-Custom-IP-Authorization",
    "Client-Cert",
    "SSL-Client-Verify",
    "CF-Connecting-IP",
    "CF-Ray",
    "CF-Access-Jwt-Assertion",
    "CloudFront-Viewer-Address",
    "cf-aig-authorization",
    "Cookie",
    "Cookie2",
  ])("%s, in every spelling", (name) => {
    expect(rewrite({ [name]: "1", "x-a": "1" })).toEqual({ "x-a": "1" });
    expect(rewrite({ [name.replaceAll("-", "_")]: "1", "x-a": "1" })).toEqual({ "x-a": "1" });
  });
});

describe("goes upstream", () => {
  it.each([
    "cf-aig-cache-ttl",
    "cf-aig-metadata",
    "x-request-id",
    "x-requested-with",
    "via",
    "origin",
    "referer",
    "user-agent",
    "x-stainless-os",
    "x-github-api-version",
    "x-ms-client-request-id",
    "anthropic-beta",
    "idempotency-key",
    "traceparent",
    "tip",
    "x-request-method-name",
    "content-encoding",
    "x-zip",
    "x_custom_name",
  ])("%s", (name) => {
    expect(rewrite({ [name]: "1" })).toEqual({ [name]: "1" });
  });

  it("whatever the route sets", () => {
    const headers = { "X-Forwarded-Proto": "https", "X-HTTP-Method-Override": "GET", Cookie: "a=1" };
    const sent = { "x-forwarded-proto": "http", "x-http-method-override": "DELETE", cookie: "b=2" };
    expect(rewrite(sent, { headers })).toEqual({
      "x-forwarded-proto": "https",
      "x-http-method-override": "GET",
      cookie: "a=1",
    });
  });

  it("but in no other spelling of what the route sets", () => {
    const options = { headers: { "OpenAI-Organization": "org_1", a_b: "1" }, authHeader: "X-Token" };
    const sent = { OpenAI_Organization: "org_evil", "a-b": "2", X_Token: "3", "x-a": "1" };
    expect(rewrite(sent, options)).toEqual({ "openai-organization": "org_1", a_b: "1", "x-a": "1" });
  });
});

describe('with cookies: "pass"', () => {
  it("the caller's cookie goes upstream", () => {
    expect(rewrite({ cookie: "a=1; b=2", cookie2: "$Version=1" }, { cookies: "pass" })).toEqual({
      cookie: "a=1; b=2",
      cookie2: "$Version=1",
    });
  });

  it("but not if it carries the caller's token", () => {
    expect(rewrite({ cookie: `a=1; t=${TOKEN}`, "x-api-key": TOKEN }, { cookies: "pass" })).toEqual({});
  });
});

it("a credential in another spelling is one, and is searched for elsewhere", () => {
  expect(rewrite({ X_Api_Key: TOKEN, "x-copy": TOKEN, "x-a": "1" })).toEqual({ "x-a": "1" });
  expect(rewrite({ "cf-aig-authorization": `Bearer ${TOKEN}`, "x-copy": TOKEN })).toEqual({});
});
