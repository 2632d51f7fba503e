import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { InitError } from "./answers.ts";

/** What became of each file, by its path in the folder. */
export interface Outcome {
  readonly written: readonly string[];
  /** They were there already, and are as they were. */
  readonly kept: readonly string[];
}

/**
 * Writes the files that are not there, and no other. If one of them cannot be, none is: what was made so far goes again.
 *
 * @throws InitError that names all that stands in the way.
 */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Outcome {
  const undo: (() => void)[] = [];
  try {
    const paths = Object.keys(files);
    const obstacles = new Set(paths.flatMap((path) => obstacleTo(folder, path) ?? []));
    if (obstacles.size > 0) throw new Error([...obstacles].join("; "));
    const kept = paths.filter((path) => isThere(folder, path));
    const written = paths.filter((path) => !kept.includes(path));
    for (const path of written) writeNew(join(folder, path), files[path] ?? "", undo);
    return { written, kept };
  } catch (error) {
    for (const takeBack of undo.reverse()) takeBack();
    throw new InitError(`nothing is written: ${(error as Error).message}`, { cause: error });
  }
}

function writeNew(file: string, content: string | Uint8Array, undo: (() => void)[]): void {
  makeFolder(dirname(file), undo);
  const open = openSync(file, "wx"); // fails if somebody made it just now
  undo.push(() => rmSync(file));
  try {
    writeFileSync(open, content);
  } finally {
    closeSync(open);
  }
}

function makeFolder(folder: string, undo: (() => void)[]): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), undo);
  mkdirSync(folder);
  undo.push(() => rmdirSync(folder));
}

/** What stands where a folder or a file would be. Only the folder itself may be a link: what is below it stays below it. */
function obstacleTo(folder: string, path: string): string | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) return `${folder} is no folder`;
  const parts = path.split("/");
  for (const [index, _] of parts.entries()) {
    const here = parts.slice(0, index + 1).join("/");
    const entry = lstatSync(join(folder, here), { throwIfNoEntry: false });
    if (!entry) return undefined;
    const isLast = index === parts.length - 1;
    if (entry.isSymbolicLink() && !(isLast && isFile(join(folder, here)))) return `${here} is a link`;
    if (!isLast && !entry.isDirectory()) return `${here} is no folder`;
    if (isLast && !entry.isSymbolicLink() && !entry.isFile()) return `${here} is no file`;
  }
  return undefined;
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Whether there is something of this name in the folder. */
export const isThere = (folder: string, path: string): boolean => existsSync(join(folder, path));

/** @throws InitError if it cannot be read. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InitError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}
