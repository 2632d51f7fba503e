import { type Node, parseSync, visitorKeys } from "oxc-parser";
import { mutationsOf } from "./operators.ts";

/** One small fault: the text from `start` to `end` becomes `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** It replaces a value by another. */
  readonly isLiteral?: boolean;
}

/** One fault in one file. `was` and `is` are the lines that it changes: they name it in the list of accepted survivors. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly was: string;
  readonly is: string;
  readonly source: string;
}

/** Cases that are shipped as a suite: an input of theirs, replaced by another, is no fault. */
const areInputs = (file: string): boolean => file.includes("/conformance/");

const collect = (node: Node, parents: readonly Node[], source: string, found: Edit[]): void => {
  const edits = mutationsOf(node, parents, source);
  if (edits === undefined) return;
  found.push(...edits);
  for (const key of visitorKeys[node.type] ?? []) {
    const child = (node as unknown as Record<string, Node | readonly (Node | null)[] | null | undefined>)[key];
    for (const each of [child].flat()) if (each) collect(each as Node, [node, ...parents], source, found);
  }
};

const linesFrom = (source: string, start: number, end: number): string => {
  const from = source.lastIndexOf("\n", start - 1) + 1;
  const to = source.indexOf("\n", end);
  return source
    .slice(from, to < 0 ? source.length : to)
    .split(/\s*\n\s*/)
    .join(" ")
    .trim();
};

/** Every mutant of a file, in the order of its text. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found: Edit[] = [];
  collect(program, [], source, found);
  const faults = areInputs(file) ? found.filter(({ isLiteral }) => !isLiteral) : found;
  return faults.map(({ start, end, text }) => {
    const mutated = source.slice(0, start) + text + source.slice(end);
    return {
      file,
      line: source.slice(0, start).split("\n").length,
      was: linesFrom(source, start, end),
      is: linesFrom(mutated, start, start + text.length),
      source: mutated,
    };
  });
}
