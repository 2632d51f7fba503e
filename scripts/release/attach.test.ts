import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const script = join(import.meta.dirname, "..", "release-attach.ts");
const COMMIT = "c0".repeat(20);
const WORKER = "@acme/oidc-proxy@1.2.0";
const LIBRARY = "@acme/token-limiter@2.0.0-next.1";
let stage: string;

/** GitHub as far as it is asked: its state is a file, and a command named in `fails` ends as in an outage. */
const GH = `#!${process.execPath}
const fs = require("node:fs");
const [, , ...args] = process.argv;
const state = JSON.parse(fs.readFileSync(process.env.GITHUB_STATE, "utf8"));
const end = (status, said) => {
  fs.writeFileSync(process.env.GITHUB_STATE, JSON.stringify(state));
  fs.writeSync(status ? 2 : 1, said ?? "");
  process.exit(status);
};
if (args.join(" ").startsWith(state.fails)) end(1, "HTTP 503");
const field = (name) => args.find((arg) => arg.startsWith(name + "="))?.slice(name.length + 1);
if (args[0] === "api" && args[1] === "repos/{owner}/{repo}/git/refs") {
  state.tags[field("ref").replace("refs/tags/", "")] = field("sha");
  end(0);
}
if (args[0] === "api") {
  const sha = state.tags[args[1].replace("repos/{owner}/{repo}/git/ref/tags/", "")];
  end(sha ? 0 : 1, sha ?? "HTTP 404");
}
const [, verb, tag, ...rest] = args;
if (verb === "view") end(state.releases[tag] ? 0 : 1);
if (verb === "create") {
  if (!state.tags[tag] || state.releases[tag]) end(1, "cannot create");
  state.releases[tag] = { options: rest.filter((arg) => /^--(latest|prerelease)/.test(arg)), notes: field("--notes"), files: [] };
  end(0);
}
if (verb === "upload") {
  if (!state.releases[tag] || !rest.includes("--clobber")) end(1, "cannot upload");
  state.releases[tag].files = rest.filter((arg) => arg !== "--clobber").map((file) => file.split("/").at(-1));
  end(0);
}
end(1, "unknown command");
`;

beforeEach(() => {
  stage = mkdtempSync(join(tmpdir(), "attach-"));
  mkdirSync(join(stage, "bin"));
  mkdirSync(join(stage, "assets"));
  writeFileSync(join(stage, "bin", "gh"), GH);
  chmodSync(join(stage, "bin", "gh"), 0o755);
  pack(WORKER, "## 1.2.0\n\nNew.\n\n## 1.1.0\n\nOld.\n");
  pack(LIBRARY, "## 2.0.0-next.1\n\n### Major\n\n- Other.\n");
  writeFileSync(join(stage, "assets", "worker.js"), "");
  github({});
});
afterEach(() => rmSync(stage, { recursive: true }));

/** A tarball as `pnpm pack` writes it. */
function pack(release: string, changelog: string): void {
  const [, name, version] = /^(.+)@(.+)$/.exec(release) as unknown as [string, string, string];
  const folder = join(stage, "package");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version }));
  writeFileSync(join(folder, "CHANGELOG.md"), `# ${name}\n\n${changelog}`);
  const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
  execFileSync("tar", ["-czf", join(stage, "assets", file), "-C", stage, "package"]);
  rmSync(folder, { recursive: true });
}

const state = () => join(stage, "github.json");
const github = (given: object) =>
  writeFileSync(state(), JSON.stringify({ fails: "nothing", tags: {}, releases: {}, ...given }));

function attach(env: Record<string, string> = { GITHUB_SHA: COMMIT }) {
  const { status, stderr } = spawnSync(process.execPath, [script, join(stage, "assets")], {
    env: { PATH: `${join(stage, "bin")}${delimiter}${process.env.PATH}`, GITHUB_STATE: state(), ...env },
    encoding: "utf8",
  });
  return { ...JSON.parse(readFileSync(state(), "utf8")), status, stderr };
}

const FILES = ["acme-oidc-proxy-1.2.0.tgz", "acme-token-limiter-2.0.0-next.1.tgz", "worker.js"];
const DONE = {
  status: 0,
  tags: { [WORKER]: COMMIT, [LIBRARY]: COMMIT },
  releases: {
    [WORKER]: { options: ["--latest=true", "--prerelease=false"], notes: "New.", files: FILES },
    [LIBRARY]: { options: ["--latest=false", "--prerelease=true"], notes: "### Major\n\n- Other.", files: [] },
  },
};

it.each([
  ["nothing", {}],
  ["a tag", { tags: { [LIBRARY]: COMMIT } }],
  [
    "a release without files",
    { tags: { [WORKER]: COMMIT }, releases: { [WORKER]: { ...DONE.releases[WORKER], files: [] } } },
  ],
  ["all of it", { tags: DONE.tags, releases: DONE.releases }],
])("brings a release to its end where GitHub has %s of it", (_, given) => {
  github(given);
  expect(attach()).toMatchObject(DONE);
});

it.each(["api repos/{owner}/{repo}/git/refs", "release create", "release upload"])(
  "fails where `gh %s` does, and goes on when it is run again",
  (fails) => {
    github({ fails });
    const broken = attach();
    expect(broken).toMatchObject({ status: 1, stderr: expect.stringContaining("HTTP 503") });
    github({ ...broken, fails: "nothing" });
    expect(attach()).toMatchObject(DONE);
  },
);

it("leaves a tag of another commit alone, and fails", () => {
  github({ tags: { [WORKER]: "ad".repeat(20) } });
  const { status, stderr, releases } = attach();
  expect({ status, releases }).toEqual({ status: 1, releases: {} });
  expect(stderr).toContain(`${WORKER} is already the tag of another commit`);
});

it("fails without the worker, whose release gets the files", () => {
  rmSync(join(stage, "assets", "acme-oidc-proxy-1.2.0.tgz"));
  expect(attach()).toMatchObject({ status: 1, stderr: expect.stringContaining("no worker"), tags: {} });
});

it("fails without a commit", () =>
  expect(attach({})).toMatchObject({ status: 1, stderr: expect.stringContaining("GITHUB_SHA"), tags: {} }));
