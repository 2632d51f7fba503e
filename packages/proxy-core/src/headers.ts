// Every list of header names that this package goes by: data only, read by `header-rules.ts`. Names are in lower case, as the
// platform tells them, and with `-` for every sign but letters and digits.

type Names = ReadonlySet<string>;

/** Rows of names, with a blank between them. */
const names = (...rows: string[]): Names => new Set(rows.flatMap((row) => row.split(" ")));
/** Rows of patterns, any of which may match. */
const kinds = (...rows: string[]): RegExp => new RegExp(rows.join("|"));

interface CredentialHeader {
  /** Whether a scheme stands before the credential. */
  hasScheme?: true;
  /** Read as the caller's token; all others are only kept from the upstream. */
  read: boolean;
}

const READ: CredentialHeader = { read: true };
const KEPT: CredentialHeader = { read: false };

/**
 * Headers in which clients carry credentials: it says what is read, in this order, and what is never forwarded, so that the
 * two cannot disagree.
 */
export const CREDENTIAL_HEADERS: ReadonlyMap<string, CredentialHeader> = new Map<string, CredentialHeader>([
  ["x-api-key", READ], // Anthropic
  ["authorization", { read: true, hasScheme: true }], // OpenAI, Hugging Face, npm; git and pip as Basic
  ["api-key", READ], // Azure OpenAI
  ["x-goog-api-key", READ], // Gemini
  ["proxy-authorization", KEPT], // for the next proxy
  ["ocp-apim-subscription-key", KEPT], // Azure API Management
  ["x-auth-token", KEPT], // OpenStack and many others
  ["x-access-token", KEPT],
  ["x-auth-key", KEPT], // Cloudflare's API, beside an e-mail address
  ["apikey", KEPT], // Kong, Supabase
  ["private-token", KEPT], // GitLab
  ["job-token", KEPT], // GitLab
  ["x-functions-key", KEPT], // Azure Functions
  ["x-vault-token", KEPT], // HashiCorp Vault
  ["cf-aig-authorization", KEPT], // Cloudflare AI Gateway
  ["cf-access-client-secret", KEPT], // Cloudflare Access
  ["helicone-auth", KEPT], // Helicone, beside the API's own
  ["x-portkey-api-key", KEPT], // Portkey, beside the API's own
]);

/** The same by kind. */
export const CREDENTIAL_KINDS: RegExp = kinds(
  "^cf-.*-(?:api-key|jwt|secret|token)$", // Cloudflare's: Access, previews of Workers
);

/** Meaningful for one connection only (RFC 9110 section 7.6.1), and what fetch cannot hand on. */
export const HOP_BY_HOP: Names = names(
  "connection keep-alive proxy-connection", // the connection's life
  "te trailer transfer-encoding", // how the message is framed on it
  "upgrade http2-settings", // what it may become
  "proxy-authenticate proxy-authorization", // who may use it
  "expect", // the 100-continue of our own connection has been answered already
);

/** What a response says of its bytes as they were sent: false of a body that fetch has decoded. */
export const OF_ENCODED_BYTES: Names = names(
  "content-encoding content-length", // RFC 9110 sections 8.4 and 8.6
  "content-digest repr-digest digest content-md5", // RFC 9530, and its forerunners
);

/** Sessions, both ways: pass only where a route says so. */
export const COOKIES: Names = names(
  "cookie set-cookie", // RFC 6265
  "cookie2 set-cookie2", // RFC 2965
);

/** Sessions that an upstream opens in a header of its own, beside those that are named like a credential: worth as much as a cookie. */
export const SESSIONS: Names = names(
  "x-id-token x-refresh-token x-session-token",
  "x-subject-token", // OpenStack Keystone
);

/**
 * Where in a response header URLs stand: the whole value is one, or a list of them; in angle brackets, as in `Link`; after a
 * time, as in `Refresh`; in the parameters of a challenge.
 */
export type UrlPlace = "reference" | "link" | "refresh" | "challenge";

/** Response headers that lead clients on. What they follow carries the caller's token. */
export const URL_HEADERS: ReadonlyMap<string, UrlPlace> = new Map<string, UrlPlace>([
  ["azure-asyncoperation", "reference"],
  ["content-base", "reference"],
  ["dataserviceid", "reference"], // OData 3
  ["link", "link"], // RFC 8288
  ["link-template", "link"], // RFC 9652
  ["odata-entityid", "reference"], // OData 4
  ["refresh", "refresh"], // HTML standard, "shared declarative refresh steps"
  ["sourcemap", "reference"],
  ["www-authenticate", "challenge"], // registries: realm; MCP: resource_metadata (RFC 9728)
  ["x-pingback", "reference"],
  ["x-sourcemap", "reference"],
  ["x-xet-refresh-route", "reference"], // Hugging Face
]);

/** The same by the name's last word, which may be glued to the one before, as in `OData-NextLink`: a reference. */
export const URL_HEADER_KINDS: RegExp = kinds(
  "(?:location|ur[il]s?|href|links?|endpoint)$", // Operation-Location, Docker-Upload-Location, X-Goog-Upload-URL
  "(?:next|prev|previous|page|redirect)$", // X-Next-Page
);

/**
 * Response headers by which an origin speaks for itself beyond the one answer: browsers would apply them to the proxy's
 * origin, and so to all other routes. Not here: what governs only the answer that carries it (`Content-Security-Policy`,
 * `Permissions-Policy`, `Cross-Origin-*`).
 */
export const ORIGIN_POLICIES: Names = names(
  "strict-transport-security expect-ct public-key-pins public-key-pins-report-only", // how it must be reached
  "alt-svc alternate-protocol", // where else it can be
  "accept-ch accept-ch-lifetime critical-ch", // what to tell it from now on
  "clear-site-data cache-group-invalidation", // what to forget
  "use-as-dictionary", // what to decompress its other answers with
  "nel report-to reporting-endpoints", // where to report to
  "origin-agent-cluster origin-isolation origin-policy origin-trial", // what its pages may do
  "service-worker-allowed speculation-rules", // what may act in its name
  "set-login idp-signin-status activate-storage-access", // who is signed in to it; the second is the first's former name
  "sec-session-challenge sec-session-google-challenge sec-session-google-registration sec-session-registration", // device-bound sessions
  "secure-session-challenge secure-session-registration secure-session-skip", // the same under their later names
  "attribution-reporting-register-source attribution-reporting-register-trigger observe-browsing-topics", // advertising
  "sec-private-state-token shared-storage-write",
);

/** Families of response headers that are the proxy's own business. */
export const OURS_TO_SAY: RegExp = kinds(
  "^access-control-", // who may read its answers
  "^x-oidc-proxy-", // its error codes
);

/** Request headers by which an upstream, or what stands before it, is told another target or caller than the request's own. */
export const OVERRIDES: Names = names(
  "-method", // `_method`: another method
  "destination", // WebDAV's second target: not held to the base path (RFC 4918 section 10.3)
  "disguised-host x-waws-unencoded-url", // Azure App Service
  "front-end-https x-ms-original-url", // Microsoft's servers
  "max-forwards", // the next one's to count down (RFC 9110 section 7.6.2)
  "x-matched-path x-now-route-matches", // Next.js
  "cf-bot-score cf-threat-score cf-verified-bot", // what Cloudflare's edge thinks of the caller: "Add bot protection headers"
  "cf-device-type", // cache by device type
  "cf-metro-code cf-postal-code cf-region cf-region-code cf-timezone", // where the caller is: "Add visitor location headers"
  "cf-pseudo-ipv4 cf-visitor", // how the caller came
  "cf-ray cf-request-id cf-worker", // which request and whose worker it is
  "cloudflare-workers-version-key cloudflare-workers-version-overrides", // which version of a worker is to answer
  "cf-blob", // what workerd is told of a request
  "cf-team cf-warp-tag-id", // whose device it is
  "exposed-credential-check malicious-uploads-detection", // what Cloudflare's firewall found in the request
);

/** The same by kind: what names another method, path or host. Frameworks and load balancers would pass by `allow`. */
const TARGET_KINDS = [
  "^x-forward|(?:^|-)forward(?:ed)?(?:-|$)",
  "^(?:x-)?(?:path-info|proxy|scheme|script-name|url-scheme)$",
  "^(?:x-)?proxy-", // HTTP_PROXY to a CGI program
  "^(?:x-)?(?:base-|request-)?(?:path|ur[il])$",
  "^(?:x-)?(?:http-|request-)?method$",
  "(?:^|-)(?:backend|dest|destination|replaced|target|upstream)-(?:addr|address|endpoint|path|port|scheme|server|ur[il])$",
  "(?:^|-)(?:host|hostname|query-string)$",
  "^x-(?:accel|backend|envoy|http|invoke|middleware|original|override|real|rewrite|sendfile|upstream)(?:-|$)",
  "(?:host|method)-override$",
];

/** Where a gateway for models sends the key, and to whose account: all but what is known to be harmless. */
const GATEWAY_KINDS = [
  "^helicone-(?:fallbacks|openai-api-base|posthog|target)(?:-|$)",
  "^x-portkey-(?!(?:cache|debug|metadata|request-timeout|span|trace)(?:-|$))",
];

/** Who calls, and from where: for whoever ended TLS or signed the caller in to say, and for nobody else. */
const CALLER_KINDS = [
  // Cloudflare's edge: Access; certificates; addresses; its own loops; places; fingerprints. Other `cf-` headers are an API's own.
  "^cf-(?:access-|cert-|client-cert|connecting-|ew-|ip|ja\\d)",
  "^(?:cloudfront|fastly|x-azure|x-appengine|x-arr|x-vercel-ip)(?:-|$)",
  "(?:^|-)ip$|(?:^|-)ip-authorization$",
  "^(?:x-)?(?:client-cert|remote|ssl)(?:-|$)", // RFC 9440 section 4
  "^x-(?:amzn-mtls|amzn-oidc|goog-authenticated-user|goog-iap|ms-client-principal|ms-token)(?:-|$)", // AWS, Google, Azure
  "^x-(?:anonymous-consumer|authenticated|consumer|credential)(?:-|$)", // Kong
  "^x-auth-(?:email|groups?|request|roles?|user|userid|username)(?:-|$)", // oauth2-proxy and others
  "^(?:oidc-claim|tailscale|x-authentik|x-pomerium|x-vouch|x-webauth)(?:-|$)",
];

export const OVERRIDE_KINDS: RegExp = kinds(...TARGET_KINDS, ...GATEWAY_KINDS, ...CALLER_KINDS);

/** Of these kinds by their name only. */
export const NO_OVERRIDES: Names = names(
  "x-base-path x-http-referrer x-real-time x-remote-config",
  "x-original-content-length x-original-filename", // of an upload
);

/** What a route may set and says of the request's form, not of who sends it: an answer may well repeat these. */
export const NO_SECRETS: Names = names("accept accept-encoding accept-language content-type user-agent");
