import { visit } from "jsonc-parser";

/**
 * The names that stand more than once in one object of a JSONC text, each once. Wrangler takes the last of them without a word, so the
 * worker cannot see it: `"ref": "refs/heads/main", "ref": "*"` trusts every ref.
 */
export function repeatedNames(text: string): string[] {
  const open: Set<string>[] = [];
  const repeated = new Set<string>();
  visit(text, {
    onObjectBegin: () => void open.push(new Set()),
    onObjectProperty(name) {
      const names = open.at(-1);
      if (names?.has(name)) repeated.add(name);
      names?.add(name);
    },
    onObjectEnd: () => void open.pop(),
  });
  return [...repeated];
}
