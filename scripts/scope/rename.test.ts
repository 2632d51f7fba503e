import { describe, expect, it } from "vitest";
import { createRenamer, type Identity, identityFault } from "./rename.ts";

const from: Identity = { scope: "@one", repository: "-one-/thing" };
const to: Identity = { scope: "@two", repository: "two-inc/other-thing" };
const names = ["thing", "my-lib"];

describe("createRenamer", () => {
  const rename = createRenamer(from, to, names);

  it.each([
    ['import x from "@one/thing";', 'import x from "@two/thing";'],
    ["import '@one/thing/sub'", "import '@two/thing/sub'"],
    ["node_modules/@one/thing/dist", "node_modules/@two/thing/dist"],
    ['"/node_modules/(?!(\\\\.pnpm|@one|jose)/)"', '"/node_modules/(?!(\\\\.pnpm|@two|jose)/)"'],
    ["/^(?!@one\\/|cloudflare:)/", "/^(?!@two\\/|cloudflare:)/"],
    ["--filter=@one/thing#build", "--filter=@two/thing#build"],
    ["the scope @one.", "the scope @two."],
    ["pkg:npm/%40one/thing@0.0.0", "pkg:npm/%40two/thing@0.0.0"],
    ["@one/thing@workspace:*", "@two/thing@workspace:*"],
    ["one-thing-0.0.0.tgz", "two-thing-0.0.0.tgz"],
    ["../one-my-lib-*.tgz", "../two-my-lib-*.tgz"],
    ["git+https://github.com/-one-/thing.git", "git+https://github.com/two-inc/other-thing.git"],
    ["https://github.com/-one-/thing/issues", "https://github.com/two-inc/other-thing/issues"],
    [
      "?url=https%3A%2F%2Fgithub.com%2F-one-%2Fthing%2Ftree",
      "?url=https%3A%2F%2Fgithub.com%2Ftwo-inc%2Fother-thing%2Ftree",
    ],
    ["github.repository == '-one-/thing'", "github.repository == 'two-inc/other-thing'"],
  ])("%s becomes %s", (text, renamed) => expect(rename("x.md", text)).toBe(renamed));

  it.each([
    "@onesome/thing",
    "@one-more/thing",
    "@one_more/thing",
    "someone@one.example",
    "a@one",
    "octo-one/octo-repo",
    "Octo-One",
    "one-thing",
    "one-thinger-1.0.0.tgz",
    "octo-one-thing-1.0.0.tgz",
    "-one-/things",
    "@-one-/thing",
    "x-one-/thing",
    "%2F-one-%2Fthings",
    "-one-/thing-more",
  ])("leaves %s", (text) => expect(rename("x.md", text)).toBe(text));

  it("gives a team of GitHub's to the owner there", () =>
    expect(rename(".github/CODEOWNERS", "* @-one-/maintainers @one/else")).toBe("* @two-inc/maintainers @one/else"));

  it("comes back, also where the scope is the owner's name", () => {
    const there: Identity = { scope: "@acme", repository: "acme/thing" };
    const text = 'import "@one/thing"; // github.com/-one-/thing, one-thing-1.0.0.tgz';
    const renamed = createRenamer(from, there, names)("x", text);
    expect(renamed).toBe('import "@acme/thing"; // github.com/acme/thing, acme-thing-1.0.0.tgz');
    expect(createRenamer(there, from, names)("x", renamed)).toBe(text);
  });

  it("takes no sign in a name for a pattern", () => {
    const dotted: Identity = { scope: "@a.b", repository: "x/a.b" };
    expect(createRenamer(dotted, to, names)("x", "@a.b/thing @axb/thing x/a.b x/axb")).toBe(
      "@two/thing @axb/thing two-inc/other-thing x/axb",
    );
  });
});

describe("identityFault", () => {
  const fault = (scope: string, repository = from.repository) =>
    identityFault(from, { scope, repository }, "'@taken/x':");

  it.each(["@two", "@t", "@two-2", "@two.io", `@${"t".repeat(100)}`])("npm takes %s", (scope) =>
    expect(fault(scope)).toBeUndefined(),
  );

  it.each([
    "two",
    "@",
    "@Two",
    "@two/",
    "@two/x",
    "@-two",
    "@.two",
    "@_two",
    "@two ",
    "@zwei!",
    "@zwölf",
    "",
    "@two-",
    `@${"t".repeat(101)}`,
    "@two\n",
  ])("npm does not take %j", (scope) => expect(fault(scope)).toMatch(/no scope/));

  it.each(["two/thing", "Two-Inc/.github", "t/t"])("GitHub takes %s", (repository) =>
    expect(fault("@two", repository)).toBeUndefined(),
  );

  it.each([
    "two",
    "two/",
    "/thing",
    "-two/thing",
    "two-/thing",
    "two--inc/thing",
    "two/thing.git",
    "two/..",
    "two/a/b",
    "https://github.com/two/thing",
    `${"t".repeat(40)}/x`,
  ])("GitHub does not take %s", (repository) => expect(fault("@two", repository)).toMatch(/no repository/));

  it("refuses what it is called already", () => expect(fault("@one")).toMatch(/already/));
  it("allows a new repository under the same scope", () => expect(fault("@one", "two/thing")).toBeUndefined());
  it("refuses the scope of what is installed", () => expect(fault("@taken")).toMatch(/scope of packages/));
});
