import { describe, expect, it } from "vitest";
import { readCallerHeaders } from "./credential.ts";
import { rewriteRequestHeaders } from "./rewrite-request.ts";
import { prepareRoute, type RouteOptions } from "./route.ts";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl";

function rewrite(headers: Record<string, string>, options: Partial<RouteOptions> = {}, isUpgrade = false) {
  const route = prepareRoute({ upstream: "https://up.example", key: "sk", ...options }, 1000, "routes[0]");
  const sent = new Headers(headers);
  return Object.fromEntries(rewriteRequestHeaders(sent, readCallerHeaders(sent), route, isUpgrade));
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
    "CF-Access-Client-Id",
    "CF-Access-Client-Secret",
    "CF-Access-Token",
    "CF-Connecting-IPv6",
    "CF-Connecting-O2O",
    "CF-Pseudo-IPv4",
    "CF-IPCountry",
    "CF-IPCity",
    "CF-IPLatitude",
    "CF-Region-Code",
    "CF-Metro-Code",
    "CF-Postal-Code",
    "CF-Timezone",
    "CF-Visitor",
    "CF-Worker",
    "CF-EW-Via",
    "CF-Request-ID",
    "CF-Device-Type",
    "CF-Bot-Score",
    "CF-Verified-Bot",
    "CF-Threat-Score",
    "CF-JA3-Hash",
    "CF-JA4",
    "CF-Cert-Verified",
    "CF-Cert-Subject-DN-RFC2253",
    "CF-Client-Cert-Sha256",
    "CF-Blob",
    "CF-Team",
    "Exposed-Credential-Check",
    "Malicious-Uploads-Detection",
    "CloudFront-Viewer-Address",
    "cf-aig-authorization",
    "Cookie",
    "Cookie2",
    "Proxy-Host",
    "Proxy-Url",
    "Backend-Host",
    "X-Backend-Host",
    "X-Backend-Server",
    "X-Upstream-Url",
    "X-Target-Host",
    "Target-URL",
    "X-Destination-Path",
    "X-Replaced-Path",
    "X-Hostname",
    "X-Query-String",
    "Query-String",
    "X-WebAuth-User",
    "X-WebAuth-Role",
    "X-MS-Client-Principal",
    "X-MS-Client-Principal-Name",
    "X-MS-Token-AAD-Id-Token",
    "X-Goog-Authenticated-User-Email",
    "X-Goog-IAP-JWT-Assertion",
    "X-Amzn-Oidc-Data",
    "X-Amzn-Mtls-Clientcert-Subject",
    "X-ARR-ClientCert",
    "X-Auth-Request-User",
    "X-Auth-Username",
    "X-Authenticated-User",
    "X-Authentik-Username",
    "X-Consumer-Custom-ID",
    "X-Pomerium-Claim-Email",
    "X-Remote-Groups",
    "Remote-User",
    "Tailscale-User-Login",
    "OIDC-Claim-Sub",
    "Helicone-Target-Url",
    "Helicone-Target-Provider",
    "Helicone-OpenAI-Api-Base",
    "Helicone-Fallbacks",
    "Helicone-Auth",
    "X-Portkey-Custom-Host",
    "X-Portkey-Config",
    "X-Portkey-Provider",
    "X-Portkey-Azure-Resource-Name",
    "X-Portkey-Api-Key",
    "cf-aig-custom-host",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Key",
  ])("%s, in every spelling", (name) => {
    expect(rewrite({ [name]: "1", "x-a": "1" })).toEqual({ "x-a": "1" });
    for (const separator of "_.!+~|") {
      expect(rewrite({ [name.replaceAll("-", separator)]: "1", "x-a": "1" })).toEqual({ "x-a": "1" });
    }
    expect(rewrite({ [name.replace("-", ".")]: "1", "x-a": "1" })).toEqual({ "x-a": "1" });
  });
});

it.each(["x-hop", "X-Hop", "close, X-HOP", "X-Other ,\tx-hop"])(
  "what Connection names stays here: %j",
  (connection) => {
    expect(rewrite({ connection, "x-hop": "1", "x-a": "1" })).toEqual({ "x-a": "1" });
  },
);

describe("goes upstream", () => {
  it.each([
    "cf-aig-cache-ttl",
    "cf-aig-metadata",
    "cf-aig-request-timeout",
    "cf-create-bucket-if-missing",
    "cf-copy-destination-if-none-match",
    "cf-r2-jurisdiction",
    "cf-certificates",
    "cdn-loop",
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
    "x.custom!name",
    "x-original-filename",
    "x-original-content-length",
    "x-http-referrer",
    "x-real-time",
    "x-base-path",
    "x-remote-config",
    "x-amz-target",
    "x-target-language",
    "x-callback-url",
    "x-ghost",
    "x-goog-user-project",
    "x-goog-upload-protocol",
    "helicone-cache-enabled",
    "helicone-property-job",
    "x-portkey-trace-id",
    "x-portkey-metadata",
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

  it("and the secrets that it sets, over the caller's own", () => {
    const headers = {
      "DD-APPLICATION-KEY": { secret: "app" },
      "cf-aig-authorization": { secret: "gw", prefix: "Bearer " },
    };
    const sent = { "dd-application-key": "evil", DD_APPLICATION_KEY: "evil", "cf-aig-authorization": "evil" };
    expect(rewrite(sent, { headers, authHeader: "DD-API-KEY" })).toEqual({
      "dd-application-key": "app",
      "cf-aig-authorization": "Bearer gw",
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

it.each([
  ["as it is", TOKEN],
  ["in base64", btoa(`any:${TOKEN}`)],
])("a token that came as a password is searched for in other headers: %s", (_, copy) => {
  const sent = {
    authorization: `Basic ${btoa(`any:${TOKEN}`)}`,
    "x-copy": `a ${copy}!`,
    [`x-${copy.replace(/=+$/, "")}`]: "1",
    "x-a": "1",
  };
  expect(rewrite(sent)).toEqual({ "x-a": "1" });
});

describe("in a handshake", () => {
  const protocol = "realtime, openai-insecure-api-key.sk-other";

  it("the subprotocols without a credential go upstream", () => {
    const sent = { "Sec-WebSocket-Protocol": protocol, "Sec-WebSocket-Version": "13" };
    expect(rewrite(sent, {}, true)).toEqual({
      upgrade: "websocket",
      "sec-websocket-protocol": "realtime",
      "sec-websocket-version": "13",
    });
  });

  it.each(["Sec_WebSocket_Protocol", "Sec-WebSocket.Protocol", "sec!websocket!key"])("but not as %s", (name) => {
    expect(rewrite({ [name]: protocol }, {}, true)).toEqual({ upgrade: "websocket" });
  });
});
