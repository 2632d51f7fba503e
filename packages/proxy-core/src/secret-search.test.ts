import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSecretSearch } from "./secret-search.ts";

const KEY = "sk-Real+key/0123=&x";
const repeats = createSecretSearch([KEY]);

const percent = (text: string) => encodeURIComponent(text);
const everyByte = (text: string) =>
  [...text].map((character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");
const base64 = (text: string) => btoa(text);
const html = (text: string) => text.replaceAll("&", "&amp;").replaceAll("=", "&equals;").replaceAll("/", "&sol;");

describe("finds a secret", () => {
  it.each<[spelling: string, text: string]>([
    ["as it is", KEY],
    ["in other case", KEY.toUpperCase()],
    ["percent-encoded", percent(KEY)],
    ["percent-encoded in lower case", percent(KEY).toLowerCase()],
    ["percent-encoded in part", KEY.replace("/", "%2f").replace("k", "%6B")],
    ["percent-encoded wholly", everyByte(KEY)],
    ["percent-encoded twice", percent(percent(KEY))],
    ["percent-encoded twenty times", percent(KEY).replaceAll("%", `%${"25".repeat(20)}`)],
    ["percent-encoded as IIS does", KEY.replace("=", "%u003d")],
    ["with an escaped slash", KEY.replace("/", "\\/")],
    ["with a Unicode escape", KEY.replace("=", "\\u003d").replace("+", "\\u002B")],
    ["with a Unicode escape in braces", KEY.replace("=", "\\u{3d}")],
    ["with a hex escape", KEY.replace("=", "\\x3D")],
    ["with an octal escape", KEY.replace("=", "\\075")],
    ["in JSON in JSON", JSON.stringify(JSON.stringify({ url: KEY })).replace("=", "\\\\u003d")],
    ["with HTML entities", html(KEY)],
    ["with HTML entities of entities", html(html(html(KEY)))],
    ["with decimal entities", KEY.replace("=", "&#061;").replace("/", "&#47;")],
    ["with hexadecimal entities", KEY.replace("=", "&#x3D;").replace("/", "&#X2f;")],
    ["with entities that do not end", KEY.replace("+", "&#43")],
    ["percent-encoded in HTML", html(percent(KEY)).replaceAll("%", "&percnt;")],
    ["in base64", base64(KEY)],
    ["in base64 without padding", base64(KEY).replaceAll("=", "")],
    ["in base64, percent-encoded", percent(base64(KEY))],
    ["in base64 in JSON", base64(KEY).replaceAll("/", "\\/")],
    ["in base64 for URLs", base64(KEY).replaceAll("+", "-").replaceAll("/", "_")],
    ["as a password", `Basic ${base64(`user:${KEY}`)}`],
    ["after one byte", base64(`:${KEY}`)],
    ["after two bytes and before more", base64(`u:${KEY} and more`)],
    ["after its prefix", base64(`Bearer ${KEY}`)],
  ])("%s", (_, text) => {
    expect(repeats(text)).toBe(true);
    expect(repeats(`x="${text}", y`)).toBe(true);
  });

  it("in base64 with every sign that URLs have another for", () => {
    const key = "a>>>b???c~~~key~~>?";
    const repeats = createSecretSearch([key]);
    for (const before of ["", "u", "ua"]) {
      const encoded = base64(`${before}${key} and more`);
      expect(encoded).toMatch(/\+.*\/|\/.*\+/);
      expect([before, repeats(encoded)]).toEqual([before, true]);
      expect([before, repeats(encoded.replaceAll("+", "-").replaceAll("/", "_"))]).toEqual([before, true]);
    }
  });

  it("with any sign by its name in HTML, in any case", () => {
    const names =
      "! excl, \" quot, # num, $ dollar, % percnt, & amp, ' apos, ( lpar, ) rpar, * ast, * midast, + plus, \\ bsol, . period, " +
      "/ sol, : colon, ; semi, < lt, = equals, > gt, ? quest, @ commat, [ lsqb, [ lbrack, ] rsqb, ] rbrack, ^ hat, _ lowbar, " +
      "_ underbar, ` grave, ` diacriticalgrave, { lcub, { lbrace, | verbar, | vert, | verticalline, } rcub, } rbrace";
    for (const pair of [...names.split(", "), ", comma"]) {
      const [sign = "", name] = pair.split(" ");
      const repeats = createSecretSearch([`a-real${sign}key`]);
      for (const text of [`a-real&${name};key`, `a-real&amp;${name?.toUpperCase()};key`]) {
        expect([text, repeats(text)]).toEqual([text, true]);
      }
    }
  });

  it("that looks like an escape itself", () => {
    for (const key of [
      "a-key-with-%41-in-it",
      "a-key-with-\\\\-in-it",
      "a-key-with-&amp;-in-it",
      "%25%2525%41%u0041",
    ]) {
      const repeats = createSecretSearch([key]);
      for (const text of [key, percent(key), JSON.stringify(key), html(key), everyByte(key)]) {
        expect([text, repeats(text)]).toEqual([text, true]);
      }
    }
  });

  it("in whatever mixture of spellings, wherever it stands", () => {
    const spell = fc.constantFrom<(character: string) => string>(
      (character) => character,
      (character) => character.toUpperCase(),
      (character) => everyByte(character),
      (character) => percent(everyByte(character)),
      (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
      (character) => `&#${character.charCodeAt(0)};`,
    );
    const spellings = fc.array(spell, { minLength: KEY.length, maxLength: KEY.length });
    const around = fc.stringMatching(/^[ -~]{0,6}$/);
    fc.assert(
      fc.property(spellings, around, around, (spellings, before, after) => {
        const text = spellings.map((spell, at) => spell(KEY.charAt(at))).join("");
        expect(repeats(`${before} ${text} ${after}`)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{0,20}$/), around, (before, after) => {
        expect(repeats(base64(before + KEY + after))).toBe(true);
      }),
    );
  });
});

describe("leaves alone", () => {
  it.each([
    "",
    "application/json; charset=utf-8",
    "default-src 'self'; script-src 'nonce-abc' https://a.example/%20%2F?x=1&amp;y=2",
    '<https://up.example/x?page=2&per_page=100>; rel="next"',
    KEY.slice(1),
    KEY.slice(0, -1),
    base64(KEY.slice(2, -3)),
    `{"a":"b\\"c\\\\d\\n"}`.repeat(5),
    "%".repeat(40),
    "\\".repeat(40),
    "&".repeat(40),
    `${"%25".repeat(40)}zz`,
    "&amp;".repeat(40),
  ])("%j", (text) => {
    expect(repeats(text)).toBe(false);
  });

  it("what is encoded deeper than anybody would is taken for a secret", () => {
    let text = "nothing of interest at all, but for this: &";
    for (let layer = 0; layer < 6; layer++) {
      text = layer % 2 ? text.replaceAll("&", "%26") : text.replaceAll("%", "&percnt;").replaceAll("&", "&#38;");
    }
    expect(repeats(text)).toBe(true);
  });
});

it("a hostile text takes no longer than it is long", () => {
  for (const piece of ["%", "%25", "\\", "&", "&amp;", "&#0", "&#x0", "\\u{0", "&aaaa", "\\u00", "%u00", "a", "\\/"]) {
    for (const end of ["", ";", "!", "zz", "41"]) expect(repeats(piece.repeat(32_000) + end)).toBe(false);
  }
}, 20_000);
