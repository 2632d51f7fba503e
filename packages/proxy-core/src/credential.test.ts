import { describe, expect, it, vi } from "vitest";
import { challengeFor, readCallerHeaders, readCredential } from "./credential.ts";

const A = "aaaaaaaa.bbbb.cccc";
const B = "dddddddd.eeee.ffff";
const basic = (text: string) => `Basic ${btoa(text)}`;

const read = (headers: [string, string][]) =>
  readCredential(new Request("https://proxy.example/x?key=q&access_token=q", { headers }));

describe("readCredential", () => {
  it.each<[name: string, headers: [string, string][], credential: string]>([
    ["x-api-key", [["x-api-key", A]], A],
    ["a bearer", [["authorization", `Bearer ${A}`]], A],
    ["a bearer in any case", [["Authorization", `bEARER ${A}`]], A],
    ["a bearer with more blanks", [["authorization", `Bearer   ${A}  `]], A],
    ["token", [["authorization", `token ${A}`]], A],
    ["token in any case", [["authorization", `TOKEN  ${A}`]], A],
    ["a password", [["authorization", basic(`any:${A}`)]], A],
    ["a password, Basic in any case", [["authorization", basic(`any:${A}`).replace("Basic", "bAsIc ")]], A],
    ["a password without a user", [["authorization", basic(`:${A}`)]], A],
    ["a user without a password", [["authorization", basic(`${A}:`)]], A],
    ["a user without a colon", [["authorization", basic(A)]], A],
    ["a password with colons", [["authorization", basic(`u:${A}:${B}`)]], `${A}:${B}`],
    ["a password without padding", [["authorization", basic(`user:${A}`).replace(/=+$/, "")]], A],
    ["a password in base64 for URLs", [["authorization", "Basic dTo_Pz8-Pj4"]], "???>>>"],
    ["a password with a blank", [["authorization", basic("u:a b")]], "a b"],
    ["a password behind a user of other bytes", [["authorization", basic(`\xe9:${A}`)]], A],
    ["a password behind a tab", [["authorization", basic(`u:${A}`).replace(" ", "\t")]], A],
    ["api-key", [["api-key", A]], A],
    ["x-goog-api-key", [["x-goog-api-key", A]], A],
    [
      "the same value twice",
      [
        ["x-api-key", A],
        ["authorization", `Bearer ${A}`],
      ],
      A,
    ],
    [
      "x-api-key before all others",
      [
        ["authorization", `Bearer ${B}`],
        ["x-api-key", A],
        ["api-key", B],
      ],
      A,
    ],
    [
      "a bearer before the rest",
      [
        ["api-key", B],
        ["x-goog-api-key", B],
        ["authorization", `Bearer ${A}`],
      ],
      A,
    ],
    [
      "past an empty header",
      [
        ["x-api-key", ""],
        ["authorization", `Bearer ${A}`],
      ],
      A,
    ],
    [
      "past another scheme",
      [
        ["authorization", "Digest dTpw"],
        ["api-key", A],
      ],
      A,
    ],
    [
      "a password before the rest",
      [
        ["authorization", basic(`u:${A}`)],
        ["api-key", B],
      ],
      A,
    ],
    [
      "x-api-key before a password",
      [
        ["authorization", basic(`u:${B}`)],
        ["x-api-key", A],
      ],
      A,
    ],
    [
      "one value in several schemes",
      [
        ["authorization", basic(`u:${A}`)],
        ["authorization", `Bearer ${A}`],
        ["authorization", `token ${A}`],
      ],
      A,
    ],
    [
      "two values in two schemes, as they are",
      [
        ["authorization", basic(`u:${A}`)],
        ["authorization", `Bearer ${B}`],
      ],
      `${A}, ${B}`,
    ],
    [
      "a header sent twice",
      [
        ["x-api-key", A],
        ["x-api-key", A],
      ],
      A,
    ],
    [
      "a bearer sent twice",
      [
        ["authorization", `Bearer ${A}`],
        ["authorization", `bearer ${A}`],
      ],
      A,
    ],
    ["a header that lists one value twice", [["x-api-key", `${A} ,\t${A}`]], A],
    ["a bearer that is listed twice", [["authorization", `Bearer ${A} ,\tBearer ${A}`]], A],
    ["a password that is listed twice", [["authorization", `${basic(`u:${A}`)} ,\t${basic(`u:${A}`)}`]], A],
    [
      "a header sent twice with two values, as it is",
      [
        ["x-api-key", A],
        ["x-api-key", B],
      ],
      `${A}, ${B}`,
    ],
  ])("%s", (_, headers, credential) => {
    expect(read(headers)).toBe(credential);
  });

  it.each<[name: string, headers: [string, string][]]>([
    ["no header", []],
    [
      "only empty ones",
      [
        ["x-api-key", " "],
        ["authorization", "Bearer "],
      ],
    ],
    ["another scheme", [["authorization", `Digest ${A}`]]],
    ["a scheme that only begins alike", [["authorization", `BearerX ${A}`]]],
    ["Basic without anything", [["authorization", "Basic"]]],
    ["Basic of nothing", [["authorization", basic("")]]],
    ["Basic of a colon", [["authorization", basic(":")]]],
    ["Basic that is no base64", [["authorization", "Basic !!!"]]],
    ["Basic that is hardly any", [["authorization", "Basic abcde"]]],
    ["Basic with padding inside", [["authorization", "Basic dT==pw"]]],
    ["Basic in two pieces", [["authorization", "Basic dTpw dTpw"]]],
    ["Basic in plain text", [["authorization", `Basic u:${A}`]]],
    ["Basic with a line feed inside", [["authorization", basic(`u:${A}\r\nx: y`)]]],
    ["Basic with other bytes", [["authorization", basic("u:\xff\xfe")]]],
    ["a proxy's password", [["proxy-authorization", basic(`u:${A}`)]]],
    ["no scheme", [["authorization", A]]],
    ["a proxy's credential", [["proxy-authorization", `Bearer ${A}`]]],
    ["a cookie", [["cookie", `token=${A}`]]],
    ["a subprotocol", [["sec-websocket-protocol", `openai-insecure-api-key.${A}`]]],
  ])("finds nothing in %s", (_, headers) => {
    expect(() => read(headers)).toThrow(
      expect.objectContaining({ code: "missing_token", message: "Missing authentication" }),
    );
  });
});

describe("what might be a secret", () => {
  const pieces = (count: number) => Array.from({ length: count }, (_, i) => `secret-number-${i}-of-many`).join(" ");

  it("is each piece of a credential header once, in whatever spelling the header's name is", () => {
    const headers = new Headers({
      "x-api-key": pieces(2),
      authorization: `Bearer ${pieces(1)}`,
      "X.Auth!Token": pieces(3),
    });
    expect([...readCallerHeaders(headers).secrets].sort()).toEqual(pieces(3).split(" "));
  });

  it.each([
    ["a password", basic(`user:${A}`), [A, btoa(`user:${A}`)]],
    ["a user", basic(`${A}:`), [A, btoa(`${A}:`)]],
    ["the second of two", `Bearer ${B}, basic  ${btoa(`user:${A}`)}`, [B, A, btoa(`user:${A}`)]],
    ["one behind a tab", `Basic\t${btoa(`user:${A}`)}`, [A]],
    ["behind token", `token ${A}`, [A]],
    ["a long user beside a password", basic(`p@ss!w#rd$of%signs:${A}`), ["p@ss!w#rd$of%signs", A]],
    ["behind another scheme", `Foo Basic ${btoa(`user:${A}`)}`, [A]],
    ["a credential within a password", basic(`user:Bearer ${A}`), [A]],
    ["what stands behind a colon more", basic(`a:b:${A}`), [A]],
    ["what ends in a line break", basic(`user:${A}\n`), [A]],
    ["its base64 for URLs", basic(`x>>>???:${A}`), [A, btoa(`x>>>???:${A}`).replaceAll("+", "-").replaceAll("/", "_")]],
    ["its other base64", basic(`x>>>???:${A}`).replaceAll("+", "-").replaceAll("/", "_"), [A, btoa(`x>>>???:${A}`)]],
  ])("is what Basic says, and how it says it: %s", (_, authorization, secrets) => {
    const found = readCallerHeaders(new Headers({ authorization })).secrets;
    for (const secret of secrets) expect(found).toContain(secret.replace(/=+$/, ""));
    const elsewhere = readCallerHeaders(new Headers({ "Proxy-Authorization": authorization })).secrets;
    expect(elsewhere).toEqual(found);
  });

  it("is no more than is worth a search", () => {
    expect(readCallerHeaders(new Headers({ "x-auth-token": pieces(32) })).secrets).toHaveLength(32);
    const refused = expect.objectContaining({ code: "route_not_allowed" });
    expect(() => readCallerHeaders(new Headers({ "x-auth-token": pieces(33) }))).toThrow(refused);
  });

  it.each([
    ["of no length that base64 has", "basic a,"],
    ["in capitals", "BASIC a,"],
    ["without a comma", "basic a "],
    ["with too much padding", "basic a=====,"],
    ["that say little", "basic YTph,"],
  ])("is not looked for in Basic credentials by the hundred: %s", (_, piece) => {
    const atob = vi.spyOn(globalThis, "atob");
    const refused = expect.objectContaining({ code: "route_not_allowed" });
    expect(() => readCallerHeaders(new Headers({ authorization: piece.repeat(2000) }))).toThrow(refused);
    expect(atob).not.toHaveBeenCalled();
    atob.mockRestore();
  });
});

describe("a challenge", () => {
  const bearer = 'Bearer realm="oidc-proxy"';

  it.each<[who: string, headers: Record<string, string>, challenge: string]>([
    ["a program", {}, `${bearer}, Basic realm="oidc-proxy"`],
    ["a page that is opened", { "sec-fetch-mode": "navigate" }, bearer],
    ["a page's script", { origin: "https://app.example" }, bearer],
  ])("offers Basic to programs, and no window for a password to browsers: %s", (_, headers, challenge) => {
    expect(challengeFor(new Request("https://proxy.example/", { headers }))).toBe(challenge);
  });
});
