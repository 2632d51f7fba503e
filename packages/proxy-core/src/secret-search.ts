import { decodeEscapes } from "./escapes.ts";

/** Tells whether a text repeats a secret. */
export type SecretSearch = (text: string) => boolean;

/** Encodings within encodings. What is still encoded after so many is taken for a secret: no honest header is. */
const MAX_LAYERS = 4;

/** Shorter pieces of base64 stand in an honest value by chance. */
const MIN_BASE64 = 8;

/**
 * Search for secrets in whatever spelling can be read back without knowing where it stands: any case, escapes of URLs, JSON
 * and HTML, wholly or in part and one within the other, and base64 of any text that holds one. Made once; a search takes
 * time in proportion to the text, and next to none if the text is shorter than every secret.
 */
export function createSecretSearch(secrets: readonly string[]): SecretSearch {
  const needles = [...new Set(secrets.flatMap(spellingsOf))].map((needle) => needle.toLowerCase());
  const shortest = Math.min(...needles.map((needle) => needle.length));
  const holds = (text: string) => {
    const folded = text.toLowerCase();
    return needles.some((needle) => folded.includes(needle));
  };
  return (text) => {
    if (text.length < shortest) return false;
    let reading = text;
    for (let layer = 0; layer < MAX_LAYERS; layer++) {
      if (holds(reading)) return true;
      const decoded = decodeEscapes(reading);
      if (decoded === reading || decoded.length < shortest) return false;
      reading = decoded;
    }
    return true;
  };
}

/** As it is, as it reads when an escape in it is taken for one, and inside base64. */
function spellingsOf(secret: string): string[] {
  const decoded: string[] = [secret];
  for (let layer = 1; layer < MAX_LAYERS; layer++) decoded.push(decodeEscapes(decoded[layer - 1] ?? ""));
  const encoded = (isBytes(secret) ? [0, 1, 2] : [])
    .map((offset) => base64Inside(secret, offset))
    .filter(({ length }) => length >= MIN_BASE64);
  return [...decoded, ...encoded, ...encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))].filter(
    (spelling) => spelling !== "",
  );
}

/** Whether every character stands for one byte: base64 knows no others. */
function isBytes(text: string): boolean {
  return /^[\0-\xff]*$/.test(text);
}

/**
 * What is always the same in the base64 of a text that holds the secret after a multiple of three bytes and `offset` more:
 * characters that share bits with what stands before or after are cut off (RFC 4648 section 4).
 */
function base64Inside(secret: string, offset: number): string {
  const bits = (offset + secret.length) * 8;
  return btoa("\0".repeat(offset) + secret).slice(Math.ceil((offset * 8) / 6), Math.floor(bits / 6));
}
