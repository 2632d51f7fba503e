// Request headers that an upstream would believe over the request itself. Names are in canonical spelling.

/**
 * Tell an upstream of another path, method or host than the request has, or of a caller's address or identity: frameworks,
 * load balancers and gateways believe them, so that they would pass by `allow`, or send the key elsewhere.
 */
const OVERRIDES: ReadonlySet<string> = new Set([
  "-method", // `_method`, in canonical spelling
  "destination", // WebDAV's second target: not held to the base path (RFC 4918 section 10.3)
  "disguised-host", // Azure App Service
  "front-end-https",
  "max-forwards", // the next one's to count down (RFC 9110 section 7.6.2)
  "x-matched-path", // Next.js
  "x-ms-original-url",
  "x-now-route-matches", // Next.js
  "x-waws-unencoded-url", // Azure App Service
]);

/** The same by kind: what names another method, path or host. */
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
  "^cf-(?!aig-)", // what the edge adds; the settings of Cloudflare's AI Gateway pass
  "^(?:cloudfront|fastly|x-azure|x-appengine|x-arr|x-vercel-ip)(?:-|$)",
  "(?:^|-)ip$|(?:^|-)ip-authorization$",
  "^(?:x-)?(?:client-cert|remote|ssl)(?:-|$)", // RFC 9440 section 4
  "^x-(?:amzn-mtls|amzn-oidc|goog-authenticated-user|goog-iap|ms-client-principal|ms-token)(?:-|$)", // AWS, Google, Azure
  "^x-(?:anonymous-consumer|authenticated|consumer|credential)(?:-|$)", // Kong
  "^x-auth-(?:email|groups?|request|roles?|user|userid|username)(?:-|$)", // oauth2-proxy and others
  "^(?:oidc-claim|tailscale|x-authentik|x-pomerium|x-vouch|x-webauth)(?:-|$)",
];

const OVERRIDE_KINDS = new RegExp([...TARGET_KINDS, ...GATEWAY_KINDS, ...CALLER_KINDS].join("|"));

/** Of these kinds by their name only. */
const HARMLESS: ReadonlySet<string> = new Set([
  "x-base-path",
  "x-http-referrer",
  "x-original-content-length",
  "x-original-filename",
  "x-real-time",
  "x-remote-config",
]);

/** Names repeat from request to request; callers choose them, so there is a bound. */
const KNOWN = new Map<string, boolean>();
const MAX_KNOWN = 500;

/** Whether a request header says another target or caller than the request's own. */
export function isOverride(name: string): boolean {
  const known = KNOWN.get(name);
  if (known !== undefined) return known;
  const judged = OVERRIDES.has(name) || (OVERRIDE_KINDS.test(name) && !HARMLESS.has(name));
  if (name.length > 64) return judged;
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear();
  KNOWN.set(name, judged);
  return judged;
}
