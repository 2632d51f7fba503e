import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findDeadLinks } from "../src/find-dead-links.ts";

const folder = mkdtempSync(join(tmpdir(), "links-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("finds what leads nowhere, and nothing else", () => {
  mkdirSync(join(folder, "in"));
  writeFileSync(join(folder, "style.css"), "");
  writeFileSync(join(folder, "index.html"), '<h1 id="top" class="x"></h1><a href="in/page.html#a%20b">');
  writeFileSync(
    join(folder, "in/page.html"),
    `<p id="a b"><link href="../style.css"><a href="#a b"><a href="../index.html#top"><a href="https://example.test/x">
     <a href="../index.html#bottom"><a href="gone.html"><a href="#c"><script src="../gone.js"></script>`,
  );
  expect(findDeadLinks(folder)).toEqual([
    "in/page.html: ../index.html#bottom leads nowhere",
    "in/page.html: gone.html leads nowhere",
    "in/page.html: #c leads nowhere",
    "in/page.html: ../gone.js leads nowhere",
  ]);
});
