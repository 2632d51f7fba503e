import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Links between the pages of a folder that lead nowhere: to a file that is not there, or to an anchor that its page does not have. */
export function findDeadLinks(folder: string): string[] {
  const files = new Set(globSync("**/*", { cwd: folder }));
  const pages = [...files].filter((file) => /\.(?:html|svg)$/.test(file));
  const texts = new Map(pages.map((page) => [page, readFileSync(join(folder, page), "utf8")]));
  const anchors = new Map([...texts].map(([page, text]) => [page, readAttributes(text, "id")]));
  return [...texts].flatMap(([page, text]) =>
    [...readAttributes(text, "href"), ...readAttributes(text, "src")]
      .filter((link) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(link))
      .filter((link) => {
        const [path = "", anchor = ""] = link.split("#");
        const target = path === "" ? page : relative(folder, join(folder, dirname(page), decodeURI(path)));
        return !files.has(target) || (anchor !== "" && !anchors.get(target)?.has(decodeURIComponent(anchor)));
      })
      .map((link) => `${page}: ${link} leads nowhere`),
  );
}

function readAttributes(html: string, name: string): Set<string> {
  const values = [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value = ""]) => value);
  return new Set(
    values.map((value) => value.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'")),
  );
}
