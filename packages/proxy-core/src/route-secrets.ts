import { basicSecretsIn, MIN_SECRET, secretsIn } from "./credential.ts";
import { NO_SECRETS } from "./headers.ts";

/** A header's value that is a secret beside the key, of whatever length: an application key, a gateway's own credential. */
export interface SecretValue {
  /** Printable ASCII without blanks. */
  secret: string;
  /** Put before it, verbatim: `"Bearer "`. Default: empty. */
  prefix?: string;
}

/** Whether it can be a key: printable ASCII without blanks. */
export function isSecret(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/** Whether it can stand before a key: printable ASCII. */
export function isPrefix(value: unknown): value is string {
  return typeof value === "string" && /^[\x20-\x7e]*$/.test(value);
}

export function isHeaderValue(value: string | SecretValue): boolean {
  if (typeof value === "string") return /^[\t\x20-\x7e]*$/.test(value);
  const { secret, prefix = "" } = value ?? {};
  return isSecret(secret) && isPrefix(prefix);
}

/** What is sent. */
export function textOf(value: string | SecretValue): string {
  return typeof value === "string" ? value : `${value.prefix ?? ""}${value.secret}`;
}

/** Of what a key says in base64: it is known to be one. */
const MIN_KEY_PART = 8;

/** The key, of whatever length, and what it says in base64. */
export function secretsOfKey(authPrefix: string, key: string): string[] {
  return [key, ...basicSecretsIn(authPrefix + key, MIN_KEY_PART)];
}

/** What is secret in a header that a route sets, or may be: long values, whole, without a scheme before them, and decoded. */
export function secretsOfHeader(name: string, value: string | SecretValue): string[] {
  if (typeof value !== "string") return secretsOfKey(value.prefix ?? "", value.secret);
  if (NO_SECRETS.has(name.toLowerCase())) return [];
  const secrets = [value.trim(), ...secretsIn(value), ...basicSecretsIn(value, MIN_SECRET)];
  return secrets.filter(({ length }) => length >= MIN_SECRET);
}
