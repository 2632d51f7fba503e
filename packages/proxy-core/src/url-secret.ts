/** Deeper encodings than anybody decodes. */
const MAX_DEPTH = 4;

/** Whether a path and query hold one of the secrets, as they stand or percent-encoded in whole or in part, at some depth. */
export function holdsSecret(target: string, secrets: readonly string[]): boolean {
  if (secrets.length === 0) return false;
  let text = target;
  for (let depth = 0; ; depth++) {
    if (secrets.some((secret) => text.includes(secret))) return true;
    if (depth === MAX_DEPTH || !text.includes("%")) return false;
    text = decodeAscii(text);
  }
}

/** Secrets are ASCII; what else is encoded, or encoded badly, does not matter. */
function decodeAscii(text: string): string {
  return text.replace(/%([0-7][\da-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
