/** Names that HTML has for the printable ASCII characters that are no letters or digits (HTML standard, section 13.5). */
const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '"': "quot",
    "&": "amp",
    "'": "apos",
    "<": "lt",
    ">": "gt",
    "!": "excl",
    "#": "num",
    $: "dollar",
    "%": "percnt",
    "(": "lpar",
    ")": "rpar",
    "*": "ast midast",
    "+": "plus",
    ",": "comma",
    ".": "period",
    "/": "sol",
    ":": "colon",
    ";": "semi",
    "=": "equals",
    "?": "quest",
    "@": "commat",
    "[": "lsqb lbrack",
    "\\": "bsol",
    "]": "rsqb rbrack",
    "^": "hat",
    _: "lowbar underbar",
    "`": "grave diacriticalgrave",
    "{": "lcub lbrace",
    "|": "verbar vert verticalline",
    "}": "rcub rbrace",
  }).flatMap(([character, names]) => names.split(" ").map((name) => [name, character])),
);

/**
 * One escape: of a URL (`%3d`, `%u003d`), of JSON and programs (`\u003d`, `\u{3d}`, `\x3d`, `\075`, `\/`), of HTML (`&#61;`,
 * `&#x3d;`, `&equals;`); also one that was escaped in its own way again and again (`%25253d`, `\\\\/`, `&amp;amp;equals;`).
 * A match begins at the first character of such a run and takes all of it: the time is in proportion to the text.
 */
const ESCAPE =
  /%(?:25)*(?:u00)?([\da-f]{2})|(?<!\\)\\+(?:(?:u(?:00|\{0*)|x)([\da-f]{2})\}?|([01][0-7]{2})|([^\w\s\\]))?|&(?:amp;)*(?:#x0*([\da-f]{2});?|#0*(\d{2,3});?|([a-z]{2,16});)?/gi;

/** Whether there can be an escape at all: cheap, and most texts have none. */
function hasEscapes(text: string): boolean {
  return text.includes("%") || text.includes("\\") || text.includes("&");
}

/** Every escape of an ASCII character, read. What is no escape stays as it is. */
export function decodeEscapes(text: string): string {
  if (!hasEscapes(text)) return text;
  return text.replace(ESCAPE, (match: string, ...groups: (string | undefined)[]) => {
    const [percent, hex, octal, itself, htmlHex, decimal, name] = groups;
    const hexadecimal = percent ?? hex ?? htmlHex;
    if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (itself !== undefined) return itself;
    if (decimal !== undefined) return String.fromCharCode(Number(decimal));
    if (name !== undefined) return ENTITIES.get(name.toLowerCase()) ?? `&${name};`;
    return match.charAt(0); // a run of backslashes or ampersands with nothing behind it
  });
}
