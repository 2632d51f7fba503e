import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { urlPlaceOf } from "./header-rules.ts";
import type { UrlPlace } from "./headers.ts";
import { rewriteUrls } from "./rewrite-urls.ts";
import { prepareRoute } from "./route.ts";

const PROXY = "https://proxy.example";
const UP = "https://up.example/base";

function move(value: string, { place = "reference", upstream = UP, prefix = "/p" } = {}) {
  const route = prepareRoute({ upstream, prefix, key: "k" }, 1000, "routes[0]");
  return rewriteUrls(value, place as UrlPlace, route, PROXY);
}

it.each([
  ["https://up.example?x=1", `${PROXY}/p?x=1`],
  ["https://up.example#f", `${PROXY}/p#f`],
  ["//up.example", `${PROXY}/p`],
])("%s of an upstream without a base path is moved", (value, moved) => {
  expect(move(value, { upstream: "https://up.example" })).toBe(moved);
});

it.each(["https://up.example/bass/x", "https://up.example/BASE/x", "//up.example/bas%65e/x", "/case/x"])(
  "%s beside the base path stays",
  (url) => {
    expect(move(url)).toBe(url);
  },
);

describe("a URL below the upstream's base path gets the proxy's address", () => {
  it.each([
    [`${UP}/x?page=2#f`, `${PROXY}/p/x?page=2#f`],
    [UP, `${PROXY}/p`],
    [`${UP}/`, `${PROXY}/p/`],
    [`${UP}?x=1`, `${PROXY}/p?x=1`],
    [`${UP}#f`, `${PROXY}/p#f`],
    ["HTTPS://UP.Example/base/x", `${PROXY}/p/x`],
    ["https://up.example:443/base/x", `${PROXY}/p/x`],
    ["https://up.example:/base/x", `${PROXY}/p/x`],
    ["https://up.example./base/x", `${PROXY}/p/x`],
    ["https://%75p.example/base/x", `${PROXY}/p/x`],
    ["http://up.example/base/x", `${PROXY}/p/x`],
    ["http://up.example:443/base/x", `${PROXY}/p/x`],
    ["//up.example/base/x", `${PROXY}/p/x`],
    ["//UP.example:443/base/x", `${PROXY}/p/x`],
    ["///up.example/base/x", `${PROXY}/p/x`],
    ["/\\up.example/base/x", `${PROXY}/p/x`],
    ["https:/up.example/base/x", `${PROXY}/p/x`],
    ["https:\\\\up.example\\base\\x?a\\b", `${PROXY}/p/x?a\\b`],
    ["ht\ttps://up.exa\tmple/ba\tse/x", `${PROXY}/p/x`],
    ["https://up.example/b%61se/x%2Fy%zz", `${PROXY}/p/x%2Fy%zz`],
    ["https://up.example/other/../base/x", `${PROXY}/p/x`],
    ["https://up.example/base/a/%2E%2e/x", `${PROXY}/p/x`],
    [`${UP}/a b,c;d"e`, `${PROXY}/p/a b,c;d"e`],
    [`${UP}//evil.example/x`, `${PROXY}/p//evil.example/x`],
    ["/base/x?y", "/p/x?y"],
    ["/base", "/p"],
    ["/base?x=1", "/p?x=1"],
    ["\\base\\x", "/p/x"],
    ["/base//evil.example/x", "/p//evil.example/x"],
    [`${UP}/1, ${UP}/2`, `${PROXY}/p/1, ${PROXY}/p/2`],
    [`https://foreign.example/, ${UP}/2`, `https://foreign.example/, ${PROXY}/p/2`],
    [`${UP}/1,${UP}/2`, `${PROXY}/p/1,${PROXY}/p/2`],
    [`${UP}/1,HTTP://up.example/base/2,//up.example/base/3`, `${PROXY}/p/1,${PROXY}/p/2,${PROXY}/p/3`],
    [`/base/1,${UP}/2`, `/p/1,${PROXY}/p/2`],
    [`"${UP}/1,${UP}/2"`, `"${PROXY}/p/1,${PROXY}/p/2"`],
    [`"${UP}/1","${UP}/2"`, `"${PROXY}/p/1","${PROXY}/p/2"`],
    [`'${UP}/1,//up.example/base/2'`, `'${PROXY}/p/1,${PROXY}/p/2'`],
    [`<${UP}/1>,<${UP}/2>`, `<${PROXY}/p/1>,<${PROXY}/p/2>`],
    [`https://foreign.example/,${UP}/2`, `https://foreign.example/,${PROXY}/p/2`],
    [`data:text/plain,${UP}/x`, `data:text/plain,${PROXY}/p/x`], // cannot be told from a list
    [`${UP}/1,https://foreign.example/`, `${PROXY}/p/1,https://foreign.example/`],
    [`${UP},${UP}`, `${PROXY}/p,${PROXY}/p`],
    [`${UP}/a,b:c,/d`, `${PROXY}/p/a,b:c,/d`],
    [`<${UP}/x>`, `<${PROXY}/p/x>`],
    [`'${UP}'`, `'${PROXY}/p'`],
    [` "${UP}/x" `, ` "${PROXY}/p/x" `],
  ])("%s", (value, moved) => {
    expect(move(value)).toBe(moved);
  });
});

describe("any other URL stays as it is", () => {
  it.each([
    "",
    "x",
    "next?return=https://up.example/base/x",
    "?page=2",
    "#f",
    "2",
    "https://foreign.example/base/x",
    "https://foreign.example/login?return=https://up.example/base/x",
    "https://foreign.example/https://up.example/base/x",
    "https://up.example:8443/base/x",
    "https://user@up.example/base/x",
    "https://user:pass@up.example/base/x",
    "https://up.example@evil.example/base/x",
    "https://up.example.evil.example/base/x",
    "https://evilup.example/base/x",
    "ftp://up.example/base/x",
    "https://up.example/elsewhere",
    "https://up.example/base2/x",
    "https://up.example/base%2fx",
    "https://up.example/base/../secret",
    "https://up.example/base/%2e%2e/secret",
    "https://up.example/base\\..\\secret",
    "https://up.example",
    "//evil.example/base/x",
    "/\\evil.example/base/x",
    "/\t/evil.example/base/x",
    "/elsewhere",
    "/base/..//evil.example/x",
    "data:text/plain;https://up.example/base/x",
    "https://foreign.example/login?to=a,b:https://up.example/base/x",
    "https://foreign.example/,/base/x",
    "https://",
    "//",
    "/",
  ])("%j", (value) => {
    expect(move(value)).toBe(value);
  });
});

describe("without a prefix, what is written starts with exactly one slash, or nothing is written", () => {
  const bare = (value: string) => move(value, { prefix: "/" });

  it.each([
    ["/base", "/"],
    ["/base/", "/"],
    ["/base?x=1", "/?x=1"],
    ["/base#f", "/#f"],
    ["/base/x//y", "/x//y"],
    ["/x/../base/y", "/y"],
    [UP, PROXY],
    [`${UP}?x=1`, `${PROXY}/?x=1`],
    [`${UP}{?page}`, `${PROXY}/{?page}`],
    [`${UP}//evil.example/x`, `${PROXY}//evil.example/x`],
    ["https://up.example\\base\\\\evil.example", `${PROXY}//evil.example`],
    ["https://up.example/base@evil.example", "https://up.example/base@evil.example"],
    [`${UP}"@evil.example/`, `${PROXY}/"@evil.example/`],
    [`${UP}, @evil.example/`, `${PROXY}/, @evil.example/`],
    [`${UP},//x@evil.example/`, `${PROXY}/,//x@evil.example/`],
    [`${UP},https:@evil.example/`, `${PROXY}/,https:@evil.example/`],
    ["/base,//evil.example/", "/,//evil.example/"],
    [`${UP}<@evil.example/`, `${PROXY}/<@evil.example/`],
    [`<${UP}>@evil.example/`, `<${PROXY}/>@evil.example/`],
    ["https://up.example/base/@evil.example", `${PROXY}/@evil.example`],
  ])("%s", (value, moved) => {
    expect(bare(value)).toBe(moved);
  });

  it.each([
    "/base//evil.example/x",
    "/base/\\evil.example/x",
    "/base\\/evil.example/x",
    "/base\\\\evil.example/x",
    "/base/\t/evil.example/x",
    "/base/\u000b/evil.example/x",
    "/base/ /evil.example/x",
    "/base/%2fevil.example/x",
    "/base/%5Cevil.example/x",
    "/base/%252fevil.example/x",
    "/base/%09/evil.example/x",
    "/base{+anything}",
    "/x/../base//evil.example/x",
    "/base/.//evil.example/x",
    "/base/a/..//evil.example/x",
    "/base/..//evil.example/x",
    "/base/../..//evil.example/x",
  ])("%j", (value) => {
    expect(bare(value)).toBe(value);
  });

  const reading = (text: string) => new URL(text, `${PROXY}/some/where`);
  const isOurs = (text: string) =>
    URL.canParse(text, PROXY) && [PROXY, "https://up.example", "http://up.example"].includes(reading(text).origin);

  /** What ends one URL of a list and begins another. */
  const NEXT = /,(?:[ \t"'<]|https:|[/\\]{2})/;

  it("a moved URL stays on the proxy, read by whatever rules", () => {
    let seen = 0;
    const piece = fc.constantFrom(
      ..."/\\.?#@:;, \t>%'\"",
      "//",
      "..",
      "%2e",
      "%2f",
      "%5c",
      "base",
      "up.example",
      "evil.example",
      "https:",
      "x",
    );
    const start = fc.constantFrom("", UP, "https://up.example", "/base", "//up.example/base", "\\base", "/x/../base");
    const url = fc.tuple(start, fc.array(piece, { maxLength: 8 })).map(([start, pieces]) => start + pieces.join(""));
    const upstream = fc.constantFrom(UP, "https://up.example", "https://up.example/a/b");
    fc.assert(
      fc.property(url, upstream, fc.constantFrom("/", "/p", "/base"), (url, upstream, prefix) => {
        const moved = move(url, { upstream, prefix });
        if (moved === url || NEXT.test(url) || !isOurs(url)) return;
        seen++;
        const written = moved.replace(/^[\s\p{Cc}]*["']?[\s\p{Cc}]*/u, "");
        if (written.startsWith("/")) expect(written).toMatch(/^\/(?![/\\\s\p{Cc}]|%(?:25)*(?:2f|5c|[01]|20|7f))/iu);
        else expect(written).toMatch(/^https:\/\/proxy\.example(?:\/|$)/);
        expect(reading(written).origin).toBe(PROXY);
        // What a reader does that decodes first, and drops controls and blanks.
        const decoded = written.replace(/%[\da-f]{2}/gi, (code) => String.fromCharCode(Number(`0x${code.slice(1)}`)));
        expect(decoded.replace(/[\p{Cc} ]/gu, "")).not.toMatch(/^[/\\]{2}/);
      }),
      { numRuns: 5000 },
    );
    expect(seen).toBeGreaterThan(500);
  });
});

it.each([
  ["http://up.example:8443/base/x", `${PROXY}/p/x`],
  ["http://up.example/base/x", "http://up.example/base/x"],
  ["https://up.example/base/x", "https://up.example/base/x"],
])("of an upstream at another port: %s", (value, moved) => {
  expect(move(value, { upstream: "https://up.example:8443/base" })).toBe(moved);
});

describe("places", () => {
  it.each<[place: UrlPlace, value: string, moved: string]>([
    [
      "link",
      `<${UP}/x?page=2>; rel="next", <${UP}/x?page=9>; rel="last"; title="a, <b>; c"`,
      `<${PROXY}/p/x?page=2>; rel="next", <${PROXY}/p/x?page=9>; rel="last"; title="a, <b>; c"`,
    ],
    ["link", `<${UP}/a,b;c>;rel=next,</base/d>;rel=prev`, `<${PROXY}/p/a,b;c>;rel=next,</p/d>;rel=prev`],
    ["link", `< ${UP}/x >; rel="next"`, `< ${PROXY}/p/x >; rel="next"`],
    ["link", `</x>; anchor="${UP}/y"; rel=self`, `</x>; anchor="${PROXY}/p/y"; rel=self`],
    ["link", `</x>;anchor=/base/y`, "</x>;anchor=/p/y"],
    [
      "link",
      `<https://foreign.example/?u=${UP}/x>; rel="${UP}/rels/next"`,
      `<https://foreign.example/?u=${UP}/x>; rel="${UP}/rels/next"`,
    ],
    ["link", `<https://foreign.example/<${UP}/x>; rel="next"`, `<https://foreign.example/<${PROXY}/p/x>; rel="next"`],
    ["link", `${UP}/x; rel=next`, `${PROXY}/p/x; rel=next`],
    ["link", `"${UP}/{id}"; rel="item","/base/{id}"`, `"${PROXY}/p/{id}"; rel="item","/p/{id}"`],
    ["refresh", `5; url=${UP}/x`, `5; url=${PROXY}/p/x`],
    ["refresh", `0;URL='${UP}/x'`, `0;URL='${PROXY}/p/x'`],
    ["refresh", `0 , url = "/base/x"`, `0 , url = "/p/x"`],
    ["refresh", `0; ${UP}/x`, `0; ${PROXY}/p/x`],
    ["refresh", `.5;/base`, `.5;/p`],
    ["refresh", `0;url='${UP}'`, `0;url='${PROXY}/p'`],
    // What ends a URL elsewhere does not in quotes.
    ["refresh", `0;url='${UP}, x'`, `0;url='${UP}, x'`],
    ["refresh", `0;url='${UP}">x'`, `0;url='${UP}">x'`],
    ["link", `</x>; anchor="${UP}, x"`, `</x>; anchor="${UP}, x"`],
    ["link", `</x>; anchor="${UP}>x"`, `</x>; anchor="${UP}>x"`],
    ["link", `<${UP}, x>`, `<${UP}, x>`],
    ["link", `<${UP}"x>`, `<${UP}"x>`],
    ["reference", `"${UP}, x"`, `"${UP}, x"`],
    ["reference", `'${UP}, x'`, `'${UP}, x'`],
    ["reference", `<${UP}, x>`, `<${UP}, x>`],
    ["reference", `<${UP},//x>`, `<${UP},//x>`],
    ["refresh", `url=${UP}`, `url=${PROXY}/p`],
    ["refresh", `5; url=https://foreign.example/?url=${UP}`, `5; url=https://foreign.example/?url=${UP}`],
    ["refresh", "300", "300"],
    [
      "challenge",
      `Bearer realm="${UP}/token",service="${UP}",scope="${UP}/.default"`,
      `Bearer realm="${PROXY}/p/token",service="${UP}",scope="${UP}/.default"`,
    ],
    [
      "challenge",
      `Bearer resource_metadata=${UP}/m, Basic realm="x"`,
      `Bearer resource_metadata=${PROXY}/p/m, Basic realm="x"`,
    ],
    [
      "challenge",
      `Bearer realm=${UP}/a,uri=${UP}/b token_url=${UP}/c`,
      `Bearer realm=${PROXY}/p/a,uri=${PROXY}/p/b token_url=${PROXY}/p/c`,
    ],
    [
      "challenge",
      `Bearer realm="https://foreign.example/ uri=${UP}/x"`,
      `Bearer realm="https://foreign.example/ uri=${UP}/x"`,
    ],
    ["challenge", `Bearer authorization_uri="/base/a"`, `Bearer authorization_uri="/p/a"`],
  ])("%s: %s", (place, value, moved) => {
    expect(move(value, { place })).toBe(moved);
  });

  it.each([
    "location",
    "content-location",
    "operation-location",
    "azure-asyncoperation",
    "docker-upload-location",
    "uri",
    "x-goog-upload-url",
    "x-goog-upload-control-url",
    "x-xet-refresh-route",
    "x-next-page",
    "odata-entityid",
    "sourcemap",
    "hx-redirect",
    "odata-nextlink",
    "x-nexturl",
    "x-nextpage",
    "x-next-page-links",
    "x-uploadurl",
  ])("%s holds a URL", (name) => {
    expect(urlPlaceOf(name)).toBe("reference");
  });

  it.each(["content-type", "etag", "x-linked-etag", "date", "vary", "x-request-id", "content-disposition"])(
    "%s holds none",
    (name) => {
      expect(urlPlaceOf(name)).toBeUndefined();
    },
  );
});

it.each<UrlPlace>(["reference", "link", "refresh", "challenge"])(
  "%s: hostile values take no longer than they are long",
  (place) => {
    const letters = [
      " ",
      "<",
      ",",
      ", ",
      '"',
      "'",
      ' "',
      " '",
      "/",
      "=",
      "a",
      "0",
      "\t",
      "%2e",
      "/..",
      ',"',
      ",//",
      ",h",
      ",https:",
    ];
    const words = [" realm=/", " realm=", " a_uri", "url ", ", url ", ";anchor=", "<//", "<https://up.example/base/"];
    for (const piece of [...letters, ...words]) {
      for (const end of ["", ">", "!"]) {
        const value = piece.repeat(32_000) + end;
        const moved = place === "challenge" ? value : value.replaceAll(`${UP}/`, `${PROXY}/p/`);
        expect(move(value, { place }) === moved).toBe(true);
      }
    }
  },
  20_000,
);
