import type { LimitStatus } from "./limiter.ts";

/** Values of the two fields, for `new Headers(…)`: a type, as an interface is no record of headers. */
export type RateLimitFields = {
  "RateLimit-Policy": string;
  RateLimit: string;
};

/**
 * Tell the client its limits: the values of `RateLimit-Policy` and `RateLimit`. Windows and waits are whole seconds, rounded up.
 * An upstream's own fields are lists of the same kind: append these to them, unless they are written in an older way (`limit=100`,
 * `100;w=60`), beside which neither could be read.
 *
 * Source: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4; -11 (May 2026) has the same two fields.
 *
 * @throws TypeError for what would be no valid field: a name that is not printable ASCII without `"` and `\\` (RFC 9651 section
 * 3.3.3); a number that is not an integer of at most 15 digits (section 3.3.1), below zero, or a window of no length.
 */
export function rateLimitFields(limits: readonly LimitStatus[]): RateLimitFields {
  const policy = limits.map(
    ({ name, limit, windowMs }) =>
      `${string(name)};q=${integer("limit", limit)}${seconds("w", "windowMs", windowMs, 1)}`,
  );
  const standing = limits.map(
    ({ name, remaining, resetMs }) =>
      `${string(name)};r=${integer("remaining", remaining)}${seconds("t", "resetMs", resetMs, 0)}`,
  );
  return { "RateLimit-Policy": policy.join(", "), RateLimit: standing.join(", ") };
}

function string(name: string): string {
  if (typeof name !== "string" || !/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(name)) {
    throw new TypeError('name must be printable ASCII without " and \\');
  }
  return `"${name}"`;
}

const MAX_INTEGER = 999_999_999_999_999;

function integer(what: string, value: number, min: number = 0): number {
  if (!Number.isInteger(value) || value < min || value > MAX_INTEGER) {
    throw new TypeError(`${what} must be an integer of at most 15 digits, ${min} or more`);
  }
  return value;
}

function seconds(parameter: string, what: string, ms: number | undefined, min: number): string {
  return ms === undefined ? "" : `;${parameter}=${integer(what, Math.ceil(ms / 1000), min)}`;
}
