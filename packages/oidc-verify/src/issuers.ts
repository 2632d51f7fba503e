/** Issuer of github.com's tokens. Source: GitHub's "OpenID Connect reference". */
export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/**
 * Issuer of one enterprise on github.com that has chosen an issuer of its own.
 * @param slug the enterprise's slug, as in `https://github.com/enterprises/<slug>`
 * @throws TypeError if it is not a slug
 */
export function enterpriseIssuer(slug: string): string {
  return `${GITHUB_ISSUER}/${label(slug, "slug")}`;
}

/**
 * Issuer of an enterprise with data residency, on `<subdomain>.ghe.com`.
 * @throws TypeError if it is not one host label
 */
export function dataResidencyIssuer(subdomain: string): string {
  return `https://token.actions.${label(subdomain, "subdomain").toLowerCase()}.ghe.com`;
}

/**
 * Issuer of a GitHub Enterprise Server.
 * @param host its host name, with a port if it has one
 * @throws TypeError if it is not a host
 */
export function enterpriseServerIssuer(host: string): string {
  if (!/^[a-z0-9]+(?:[.-]+[a-z0-9]+)*(?::\d{1,5})?$/i.test(host)) throw new TypeError("host: must be a host name");
  return `https://${host.toLowerCase()}/_services/token`;
}

/**
 * The issuer as tokens must name it: an https URL, plain http only for a loopback host; one trailing slash is dropped.
 * @throws TypeError
 */
export function readIssuer(issuer: string): string {
  const url = typeof issuer === "string" && URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (!url || !isSecure(url)) throw new TypeError("issuer: must be an https URL");
  if (url.username || url.password || /[?#\s]/.test(issuer)) {
    throw new TypeError("issuer: must have no credentials, query or fragment");
  }
  return issuer.replace(/\/$/, "");
}

/** Where the keys are, if that is known without asking: github.com keeps them at one address per issuer. */
export function knownJwksUri(issuer: string): string | undefined {
  const ours = issuer === GITHUB_ISSUER || issuer.startsWith(`${GITHUB_ISSUER}/`);
  return ours ? `${issuer}/.well-known/jwks` : undefined;
}

/** https, or http on a loopback host. */
export function isSecure({ protocol, hostname }: URL): boolean {
  const loopback = hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && loopback);
}

function label(text: string, name: string): string {
  if (typeof text !== "string" || !/^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/i.test(text)) {
    throw new TypeError(`${name}: must be letters, digits and hyphens`);
  }
  return text;
}
