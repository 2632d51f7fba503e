import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { decodeBase64url, decodeByAtob } from "./base64url.ts";
import { createVerifier, OidcVerifyError, type Verifier } from "./index.ts";
import { readJsonObject } from "./json.ts";
import { createPattern } from "./pattern.ts";
import { parseSubject } from "./subject.ts";
import { createIssuer, createManualClock, type TestIssuer } from "./testing.ts";

const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const clock = createManualClock();
let issuer: TestIssuer;
let verifier: Verifier;
beforeAll(async () => {
  issuer = await createIssuer({ clock, alg: "ES256", audience: "goose-oidc-proxy" });
  verifier = createVerifier({ audience: "goose-oidc-proxy", trust: "any", clock, fetch: issuer.fetch });
});

const refuses = async (token: unknown) => {
  const outcome = await verifier.verify(token as string).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(OidcVerifyError);
};

it("refuses whatever is no token of ours with an OidcVerifyError, and nothing else", async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(fc.anything(), fc.string(), fc.string({ unit: "binary" })), refuses));
});

it("refuses any signed JSON that is no set of claims, in the same way", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.json(), async (header, payload) => {
      await refuses(await issuer.signRaw(header, payload));
    }),
    { numRuns: 50 },
  );
});

it("takes or refuses claims of any kind, and never fails otherwise", async () => {
  const names = fc.constantFrom(
    "iss",
    "aud",
    "iat",
    "exp",
    "nbf",
    "jti",
    "sub",
    "repository",
    "ref",
    "actor",
    "__proto__",
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, fc.jsonValue({ maxDepth: 2 })), async (claims) => {
      const outcome = await verifier.verify(await issuer.mint({ ...claims })).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(OidcVerifyError);
    }),
  );
});

it("refuses a token with any one character changed, dropped or added", async () => {
  const token = await issuer.mint();
  await verifier.verify(token);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.constantFrom(...CHARACTERS, ".", "=", "+", " ", "\n", ""),
      fc.boolean(),
      async (at, character, added) => {
        const mutated = token.slice(0, at) + character + token.slice(added ? at : at + 1);
        if (mutated !== token) await refuses(mutated);
      },
    ),
    { numRuns: 500 },
  );
});

it("refuses a signature with any one bit changed", async () => {
  const [header, payload, signature = ""] = (await issuer.mint()).split(".");
  const bytes = decodeBase64url(signature);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await refuses(`${header}.${payload}.${encode(changed)}`);
  }
});

it("decodes base64url in one spelling, with and without the runtime's help", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = encode(bytes);
      expect(decodeBase64url(text)).toEqual(bytes);
      expect(decodeByAtob(text)).toEqual(bytes);
    }),
  );
  const bytesOf = (decode: (text: string) => Uint8Array, text: string) => {
    try {
      return decode(text);
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."AQgwB-_+/= \n"), maxLength: 9 }), (text) => {
      const bytes = bytesOf(decodeBase64url, text);
      expect(bytesOf(decodeByAtob, text)).toEqual(bytes);
      if (bytes) expect(encode(bytes)).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

it("reads JSON objects without repeated names, in any layout, as JSON.parse does", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      fc.pre(!text.includes('"__proto__"'));
      expect(readJsonObject(new TextEncoder().encode(text))).toEqual(JSON.parse(text));
    }),
  );
});

it("refuses JSON objects with a repeated name, wherever it is", () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), fc.boolean(), (name, first, second, deep) => {
      const key = JSON.stringify(name);
      const twice = `{${key}:${JSON.stringify(first)},${key}:${JSON.stringify(second)}}`;
      const text = deep ? `{"x":[${twice}]}` : twice;
      expect(() => readJsonObject(new TextEncoder().encode(text))).toThrow(OidcVerifyError);
    }),
  );
});

it("matches patterns as a regular expression made of them would", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, text, (pattern, value) => {
      const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(value);
      expect(createPattern(pattern)(value)).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});

it("reads any subject without failing", () => {
  fc.assert(fc.property(fc.string(), (sub) => parseSubject(sub).raw === sub));
});

function encode(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
