/** A piece of Markdown: prose, or the code of a fence. */
export interface Block {
  line: number;
  /** The language of a fence, `""` if it names none; absent for prose. */
  language?: string;
  text: string;
}

/** A heading, and what stands between it and the next. */
export interface Section {
  heading: string;
  blocks: Block[];
}

/** The sections of a Markdown text, the first of them without a heading. Prose is parted into paragraphs. */
export function readSections(markdown: string): Section[] {
  let section: Section = { heading: "", blocks: [] };
  const sections = [section];
  let open: (Block & { end?: string }) | undefined;
  for (const [index, text] of markdown.replaceAll("\r\n", "\n").split("\n").entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*(\w*)/.exec(text);
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(text);
    if (open?.end !== undefined) {
      if (text.trim() === open.end) open = undefined;
      else open.text += `${text}\n`;
    } else if (fence) {
      open = { line: index + 2, language: fence[2] ?? "", text: "", end: fence[1] ?? "" };
      section.blocks.push(open);
    } else if (heading) {
      section = { heading: heading[1] ?? "", blocks: [] };
      sections.push(section);
      open = undefined;
    } else if (text.trim() === "") {
      open = undefined;
    } else {
      if (!open) {
        open = { line: index + 1, text: "" };
        section.blocks.push(open);
      }
      open.text += `${text}\n`;
    }
  }
  return sections;
}

/** The anchors that GitHub gives to a text's headings. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const { heading } of readSections(markdown).slice(1)) {
    const shown = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1");
    const slug = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Where a text's links and pictures lead to, and the line of each paragraph in which they stand. Code has none. */
export function linksOf(markdown: string): { line: number; target: string }[] {
  const LINK =
    /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\s*\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)|(?:href|src)="([^"]+)"/gm;
  return readSections(markdown)
    .flatMap(({ heading, blocks }) => [{ line: 0, text: heading }, ...blocks])
    .filter((block: Block) => block.language === undefined)
    .flatMap(({ line, text }) =>
      [...text.replace(/(`+)(?!`).*?[^`]\1(?!`)/gs, (code) => code.replace(/[^\]]/g, "")).matchAll(LINK)].map(
        (found) => ({
          line,
          target: found[1] ?? found[2] ?? found[3] ?? "",
        }),
      ),
    );
}
