import { expect, it } from "vitest";
import { dataResidencyIssuer, enterpriseIssuer, enterpriseServerIssuer, GITHUB_ISSUER, readIssuer } from "./issuers.ts";

it("names GitHub's issuers", () => {
  expect(GITHUB_ISSUER).toBe("https://token.actions.githubusercontent.com");
  expect(enterpriseIssuer("Octo-Corp_1")).toBe(`${GITHUB_ISSUER}/Octo-Corp_1`);
  expect(dataResidencyIssuer("Octo")).toBe("https://token.actions.octo.ghe.com");
  expect(enterpriseServerIssuer("GHES.octo.test:8443")).toBe("https://ghes.octo.test:8443/_services/token");
});

it.each(["", "a/b", "a.b", "-a", "a-", "a b", "a?b", "a@b", "ä"])("refuses %j as part of a name", (text) => {
  expect(() => enterpriseIssuer(text)).toThrow(/^slug: /);
  expect(() => dataResidencyIssuer(text)).toThrow(/^subdomain: /);
});

it.each(["ghes", "ghes-1.octo.test", "a--b.test", "10.0.0.1:1", "ghes.test:65535"])("takes %j as a host", (host) => {
  expect(enterpriseServerIssuer(host)).toBe(`https://${host}/_services/token`);
});

it.each(["", "https://ghes.test", "ghes.test/x", "ghes.test:", "ghes.test:123456", "a@b", "a b", ".a", "a."])(
  "refuses %j as a host",
  (host) => {
    expect(() => enterpriseServerIssuer(host)).toThrow(TypeError);
  },
);

it.each([
  "http://localhost:8080",
  "http://127.0.0.1",
  "http://127.1.2.3/x",
  "http://[::1]:1",
  "https://issuer.test:8443/x",
])("takes %j as an issuer", (issuer) => {
  expect(readIssuer(issuer)).toBe(issuer);
});

it.each([
  ...[
    "",
    "issuer.test",
    "ftp://localhost",
    "http://issuer.test",
    "http://localhost.evil.test",
    "http://127.0.0.1.evil.test",
  ],
  ...[
    "http://[::2]",
    "https://user@issuer.test",
    "https://:pass@issuer.test",
    "https://issuer.test?x",
    "https://issuer.test#x",
  ],
  ...[" https://issuer.test", "https://issuer.test\n", undefined, ["https://issuer.test"]],
])("refuses %j as an issuer", (issuer) => {
  expect(() => readIssuer(issuer as string)).toThrow(/^issuer: must/);
});

it("drops one trailing slash", () => {
  expect(readIssuer("https://issuer.test/x/")).toBe("https://issuer.test/x");
});
