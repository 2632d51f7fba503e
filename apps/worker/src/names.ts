import { distance } from "fastest-levenshtein";
import { secretsNamedBy } from "./route-rules.ts";
import { variableNames } from "./variables.ts";

/**
 * Judge the names in the environment: a limit or a rule under a misspelt name would be no limit, and no rule. A name is a fault if it
 * is neither ours nor that of a secret which a route names, and looks as if it were meant to be ours: it shares a word with one of
 * our names, in any case, with or without underscores, or is two letters away from one. Any other name is only mentioned.
 */
export function judgeNames(env: object): { faults: string[]; warnings: string[] } {
  const others = Object.keys(env).filter((name) => !OURS.has(name));
  // Mostly there are none: what follows is a good part of a start.
  if (others.length === 0) return { faults: [], warnings: [] };
  const named = secretsNamedBy(env);
  const sharesWord = patternOfOurWords();
  const strangers = others.filter((name) => !named.has(name));
  const judged = strangers.map((name) => ({ name, nearest: nearestOf(name, sharesWord) }));
  const unknown = judged.filter(({ nearest }) => nearest === undefined).map(({ name }) => name);
  return {
    faults: judged.flatMap(({ name, nearest }) =>
      nearest === undefined ? [] : [`${name} is no variable of this worker: did you mean ${nearest}?`],
    ),
    warnings: unknown.length > 0 ? [`names in the environment that nothing here reads: ${unknown.join(", ")}`] : [],
  };
}

/** The binding of the Durable Object's namespace is ours as well. */
export const OURS: ReadonlySet<string> = new Set([...variableNames, "LIMITER"]);

/** Secrets of any API have these in their names: alone they tell nothing. */
const COMMON_WORDS: readonly string[] = ["KEY", "API", "TOKEN", "URL"];
/** Many other words begin with these: `SECONDARY`, `ORIGINAL`, `STATUSPAGE`. */
const BEGINNINGS = ["SECOND", "ORIGIN", "STATU", "EXTRA", "ROUTE"];

/** The words of our names that tell something alone. */
export const ourWords = (): string[] =>
  [...new Set([...OURS].flatMap(wordsOf))].filter((word) => !COMMON_WORDS.includes(word));

/** A piece of a name that is a word of ours, or has one of them run together with others. */
function patternOfOurWords(): RegExp {
  const words = ourWords();
  const long = words.filter((word) => (word.length >= 5 || word === "REPO") && !BEGINNINGS.includes(word));
  const pair = `(?:${one(words)}${one([...words, ...COMMON_WORDS])}|${one(COMMON_WORDS)}${one(words)})`;
  const longest = long.filter(({ length }) => length >= 7);
  return new RegExp(`^${one(words)}$|^${pair}|${pair}$|^${one(long)}|${one(long)}$|${one(longest)}`);
}

const one = (words: readonly string[]) => `(?:${words.toSorted((a, b) => b.length - a.length).join("|")})`;

const MAX_LETTERS_APART = 2;

/** The one of our names that this one is meant to be; `undefined` if it is like none. */
function nearestOf(name: string, sharesWord: RegExp): string | undefined {
  const words = wordsOf(name);
  const candidates = [...OURS].map((ours) => ({
    ours,
    wordsShared: wordsOf(ours).filter((word) => words.some((piece) => piece.includes(word))).length,
    lettersApart: distance(words.join(""), wordsOf(ours).join("")),
  }));
  candidates.sort((a, b) => b.wordsShared - a.wordsShared || a.lettersApart - b.lettersApart);
  const slip = candidates.find(({ lettersApart }) => lettersApart <= MAX_LETTERS_APART);
  return (slip ?? (words.some((word) => sharesWord.test(word)) ? candidates[0] : undefined))?.ours;
}

/** What stands between underscores, changes of case and the like; each without the endings of plurals and participles. */
function wordsOf(name: string): string[] {
  const parted = name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toUpperCase();
  const pieces = parted.split(/[^A-Z\d]+/).filter((piece) => piece !== "");
  return pieces.map((piece) => piece.replace(/IES$/, "Y").replace(/(?<=...)(?:S|ED)$/, ""));
}
