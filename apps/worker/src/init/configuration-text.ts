import { type ParseError, parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml, TomlError } from "smol-toml";
import { repeatedNames } from "./repeated-names.ts";

/** What a file of wrangler's says, or why it cannot be read: never with a piece of its text, in which a secret may stand. */
export type ConfigurationResult =
  | { settings: Readonly<Record<string, unknown>>; faults?: never }
  | { settings?: never; faults: string[] };

/**
 * Read a configuration of wrangler's, as wrangler does by the file's name: `.toml`, `.json` or `.jsonc`. A name given twice is a fault in
 * all of them: of two, wrangler takes the last without a word in JSON, and refuses it in TOML.
 * @param file - Its name, of which only the ending counts.
 * @param text - What stands in it.
 */
export function readConfigurationText(file: string, text: string): ConfigurationResult {
  const plain = text.replace(/^\uFEFF/, "");
  if (/\.toml$/i.test(file)) return readToml(plain);
  if (/\.jsonc?$/i.test(file)) return readJsonc(plain);
  return { faults: ["its name must end in .toml, .json or .jsonc, as wrangler's own configurations do"] };
}

function readToml(text: string): ConfigurationResult {
  try {
    return { settings: parseToml(text) };
  } catch (error) {
    return unreadable("TOML", error instanceof TomlError ? error.line : undefined); // its message shows the lines themselves
  }
}

function readJsonc(text: string): ConfigurationResult {
  const errors: ParseError[] = [];
  const settings: unknown = parseJsonc(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error) return unreadable("JSON", text.slice(0, error.offset).split("\n").length);
  if (!isRecord(settings)) return unreadable("JSON", 1);
  const repeated = repeatedNames(text);
  if (repeated.length === 0) return { settings };
  return { faults: repeated.map((name) => `${name} is given twice in one object: keep the one that you mean`) };
}

const unreadable = (language: string, line: number | undefined): ConfigurationResult => ({
  faults: [`it is no ${language} that wrangler can read${line === undefined ? "" : `: see line ${line}`}`],
});

/** An object of names and values, and no list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
