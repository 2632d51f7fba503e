/** An application for browsers, as Vite makes one, in a browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { expect, inject, it } from "vitest";
import { runInChromium } from "../src/chromium.ts";
import { dependencies } from "../src/entries.ts";
import { INSTALLERS } from "../src/installers.ts";
import { createProjectForTest } from "../src/project.ts";

/** Forwarding needs headers that a browser does not let a page set: of proxy-core what else there is. */
const USE_OF_PROXY_CORE = `
import { createRouter, readCredential } from "SCOPE/proxy-core";
const request = new Request("https://proxy.example/", { headers: { "x-api-key": "the-credential" } });
createRouter([{ upstream: "https://api.example", key: "sk-the-real-key" }]);
export const result = readCredential(request) === "the-credential" ? "every check passes" : "no credential";
`;

const checksOf = (name: string) => {
  const source = inject("packed").find((each) => each.name.endsWith(`/${name}`))?.source ?? "";
  return readFileSync(join(source, "test", "runtimes", "checks.js"), "utf8");
};
const scope = inject("packed")[0]?.name.split("/")[0] ?? "";

it.for([
  ["oidc-verify", checksOf("oidc-verify")],
  ["token-limiter", checksOf("token-limiter")],
  ["proxy-core", USE_OF_PROXY_CORE.replaceAll("SCOPE", scope)],
] as const)("%s, built by Vite, runs in Chromium", async ([, script], { onTestFinished }) => {
  const files = {
    "checks.js": script,
    "main.js": `import("./checks.js").then(({ result }) => result, String).then((body) => fetch("/result", { method: "POST", body }));`,
    "index.html": `<!doctype html><script type="module" src="/main.js"></script>`,
    "package.json": { private: true, type: "module", dependencies },
  };
  const project = createProjectForTest(files, onTestFinished);
  await INSTALLERS.npm?.(project);
  await build({ root: project.folder, configFile: false, logLevel: "error" });
  expect(await runInChromium(join(project.folder, "dist"), "index.html")).toBe("every check passes");
});
