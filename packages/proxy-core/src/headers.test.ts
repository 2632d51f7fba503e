import { describe, expect, it } from "vitest";
import { readCallerHeaders } from "./credential.ts";
import { rewriteRequestHeaders } from "./rewrite-request.ts";
import { rewriteResponse } from "./rewrite-response.ts";
import { prepareRoute } from "./route.ts";

// The lists' rows once more, by what becomes of them: a row that is lost or misspelt opens something without a sound.
const UP = "https://up.example/base";
const route = prepareRoute({ upstream: UP, prefix: "/p", key: "sk-secret", authHeader: "x-own" }, 1000, "routes[0]");

const sentOn = (name: string): boolean => {
  const headers = new Headers({ [name]: "1", "x-a": "1" });
  return rewriteRequestHeaders(headers, readCallerHeaders(headers), route, false).has(name);
};
const answered = (name: string, value: string): string | null => {
  const upstream = new Response(null, { headers: { [name]: value } });
  return rewriteResponse(upstream, route, "https://proxy.example", () => {}, new Headers()).headers.get(name);
};
const words = (...rows: string[]): string[] => rows.flatMap((row) => row.split(" "));

describe("a request's header does not go upstream", () => {
  it.each(
    words(
      "x-api-key authorization api-key x-goog-api-key proxy-authorization ocp-apim-subscription-key",
      "x-auth-token x-access-token x-auth-key apikey private-token job-token x-functions-key x-vault-token",
      "cf-aig-authorization cf-access-client-secret cf-access-token helicone-auth x-portkey-api-key",
      "cf-workers-preview-token cf-aig-api-key cf-access-jwt cloudflare-workers-version-key",
      "cloudflare-workers-version-overrides",
      "connection keep-alive proxy-connection te trailer transfer-encoding upgrade http2-settings expect",
      "cookie cookie2 _method destination disguised-host x-waws-unencoded-url front-end-https x-ms-original-url",
      "max-forwards x-matched-path x-now-route-matches cf-team cf-warp-tag-id cf-blob cf-ray cf-worker cf-visitor",
      "exposed-credential-check malicious-uploads-detection x-forwarded-for forwarded x-script-name",
      "x-remote-user remote-addr client-cert x-ssl-client-s-dn x-real-ip x-base-url",
      "x-upstream-host x-target-url x-backend-server-port x-dest-path x-envoy-original-path x-accel-redirect",
      "helicone-target-url helicone-fallbacks x-portkey-config cf-connecting-ip cf-ipcountry x-goog-iap-jwt-assertion",
      "x-consumer-username x-auth-request-user x-authentik-username x-pomerium-claim-email oidc-claim-sub",
    ),
  )("%s", (name) => {
    expect(sentOn(name)).toBe(false);
  });
});

describe("a request's header goes upstream", () => {
  it.each(
    words(
      "accept accept-language content-type user-agent anthropic-version openai-organization x-stainless-lang",
      "x-base-path x-http-referrer x-real-time x-remote-config x-original-content-length x-original-filename",
      "x-portkey-cache-force-refresh x-portkey-debug x-portkey-metadata x-portkey-trace-id x-portkey-span-id",
      "x-portkey-request-timeout helicone-user-id cf-aig-cache-ttl cf-aig-cache-key x-request-id idempotency-key",
    ),
  )("%s", (name) => {
    expect(sentOn(name)).toBe(true);
  });
});

describe("an answer's header stays there", () => {
  it.each(
    words(
      "set-cookie set-cookie2 x-id-token x-refresh-token x-session-token x-subject-token x-auth-token apikey",
      "strict-transport-security expect-ct public-key-pins public-key-pins-report-only alt-svc alternate-protocol",
      "accept-ch accept-ch-lifetime critical-ch clear-site-data cache-group-invalidation use-as-dictionary",
      "nel report-to reporting-endpoints origin-agent-cluster origin-isolation origin-policy origin-trial",
      "service-worker-allowed speculation-rules set-login idp-signin-status activate-storage-access",
      "sec-session-challenge sec-session-google-challenge sec-session-google-registration sec-session-registration",
      "secure-session-challenge secure-session-registration secure-session-skip observe-browsing-topics",
      "attribution-reporting-register-source attribution-reporting-register-trigger sec-private-state-token",
      "shared-storage-write access-control-allow-origin x-oidc-proxy-error keep-alive proxy-authenticate",
    ),
  )("%s", (name) => {
    expect(answered(name, "1")).toBeNull();
  });
});

describe("an answer's header leads back", () => {
  it.each(
    words(
      "azure-asyncoperation content-base dataserviceid link-template odata-entityid sourcemap x-pingback x-sourcemap",
      "x-xet-refresh-route location content-location operation-location x-goog-upload-url odata-nextlink x-uri x-href",
      "x-endpoint x-links x-next x-prev x-previous x-next-page x-redirect",
    ),
  )("%s", (name) => {
    const value = name === "link-template" ? `<${UP}/x>` : `${UP}/x`;
    expect(answered(name, value)).toBe(value.replace(UP, "https://proxy.example/p"));
  });
});
