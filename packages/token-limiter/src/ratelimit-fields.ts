import type { LimitStatus } from "./limiter.ts";

/** Values of the two fields, for `new Headers(…)`. */
export interface RateLimitFields {
  "RateLimit-Policy": string;
  RateLimit: string;
}

/**
 * Tell the client its limits: the values of `RateLimit-Policy` and `RateLimit`. Windows and waits are whole seconds, rounded up.
 * An upstream's own fields are lists of the same kind: append these to them.
 *
 * Source: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
 */
export function rateLimitFields(limits: readonly LimitStatus[]): RateLimitFields {
  const policy = limits.map(({ name, limit, windowMs }) => `"${name}";q=${limit}${seconds("w", windowMs)}`);
  const standing = limits.map(({ name, remaining, resetMs }) => `"${name}";r=${remaining}${seconds("t", resetMs)}`);
  return { "RateLimit-Policy": policy.join(", "), RateLimit: standing.join(", ") };
}

const seconds = (parameter: string, ms: number | undefined) =>
  ms === undefined ? "" : `;${parameter}=${Math.ceil(ms / 1000)}`;
