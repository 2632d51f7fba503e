import { type Block, readSections } from "./markdown.ts";

const SHELL = ["", "sh", "bash", "shell", "console", "powershell"];
const FETCHING = /(?:^|[\s'"(`=])(?:npm|npx|pnpm|pnpx|yarn|bun|bunx|deno)\s[^\n]*/;

/**
 * Commands that fetch a package of a scope by name, where nothing beside them says that it must be published first: until then the name
 * may be a stranger's. It must be said in the same paragraph, in the one before the fence, or in the fence itself.
 * @param scope - `@acme`.
 * @returns What is wrong, each with its line.
 */
export function fetchingCommands(markdown: string, scope: string): string[] {
  return readSections(markdown).flatMap(({ blocks }) =>
    blocks.flatMap((block, index) => {
      const before = blocks[index - 1];
      if (isSaid(block.text) || (block.language !== undefined && before && isSaid(before.text))) return [];
      return commandsOf(block)
        .filter((command) => fetches(command, scope))
        .map(
          (command) =>
            `line ${block.line}: \`${command}\` fetches by name, and nothing says that it must be published first`,
        );
    }),
  );
}

const isSaid = (text: string) =>
  /\b(?:once|until|when|after|before|as soon as)\b[^.]*\bpublish(?:ed|es)\b|\bpublished form\b/is.test(text);

/** The lines of a shell's fence, else what stands between backticks; imports in code fetch as well, in Deno. */
function commandsOf({ language, text }: Block): string[] {
  if (language === undefined)
    return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll("\n", " "));
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return SHELL.includes(language) ? lines : lines.filter((line) => /["']npm:|\brun:/.test(line));
}

function fetches(command: string, scope: string): boolean {
  const name = new RegExp(`(?:^|[\\s'"=:])${scope}/[\\w.*-]+`);
  const stated = command.replace(/(?:--filter|-F|--workspace|-w)[ =]\S+/g, "");
  const found = FETCHING.exec(stated)?.[0];
  return found !== undefined ? name.test(found) : /["']npm:/.test(command) && name.test(command);
}
