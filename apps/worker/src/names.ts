import { distance } from "fastest-levenshtein";
import { secretsNamedBy, variableNames } from "./variables.ts";

/**
 * Judge the names in the environment: a limit or a rule under a misspelt name would be no limit, and no rule. A name is a fault if it
 * is neither ours nor that of a secret which a route names, and looks as if it were meant to be ours: it shares a word with one of
 * our names, in any case, with or without underscores, or is two letters away from one. Any other name is only mentioned.
 */
export function judgeNames(env: object): { faults: string[]; warnings: string[] } {
  const named = secretsNamedBy(env);
  const strangers = Object.keys(env).filter((name) => !OURS.has(name) && !named.has(name));
  const judged = strangers.map((name) => ({ name, nearest: nearestOf(name) }));
  const unknown = judged.filter(({ nearest }) => nearest === undefined).map(({ name }) => name);
  return {
    faults: judged.flatMap(({ name, nearest }) =>
      nearest === undefined ? [] : [`${name} is no variable of this worker: did you mean ${nearest}?`],
    ),
    warnings: unknown.length > 0 ? [`names in the environment that nothing here reads: ${unknown.join(", ")}`] : [],
  };
}

/** The binding of the Durable Object's namespace is ours as well. */
const OURS: ReadonlySet<string> = new Set([...variableNames, "LIMITER"]);

/** Secrets of any API have these in their names: alone they tell nothing. */
const COMMON_WORDS: ReadonlySet<string> = new Set(["KEY", "API", "TOKEN", "URL"]);
const WORDS: ReadonlySet<string> = new Set([...OURS].flatMap(piecesOf).filter((word) => !COMMON_WORDS.has(word)));
/** Long enough that no other word holds one by chance. */
const LONG_WORDS = [...WORDS].filter((word) => word.length >= 7);

const MAX_LETTERS_APART = 2;

/** The one of our names that this one is meant to be; `undefined` if it is like none. */
function nearestOf(name: string): string | undefined {
  const words = new Set(piecesOf(name).flatMap(wordsIn));
  const candidates = [...OURS].map((ours) => ({
    ours,
    wordsShared: piecesOf(ours).filter((word) => words.has(word)).length,
    lettersApart: distance(piecesOf(name).join(""), piecesOf(ours).join("")),
  }));
  candidates.sort((a, b) => b.wordsShared - a.wordsShared || a.lettersApart - b.lettersApart);
  const slip = candidates.find(({ lettersApart }) => lettersApart <= MAX_LETTERS_APART);
  const sharesWord = [...words].some((word) => WORDS.has(word));
  return (slip ?? (sharesWord ? candidates[0] : undefined))?.ours;
}

/** What stands between underscores, changes of case and the like. */
function piecesOf(name: string): string[] {
  const parted = name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toUpperCase();
  return parted.split(/[^A-Z\d]+/).filter((piece) => piece !== "");
}

/** Words of ours in a piece: all that it consists of, or a long one within it. */
function wordsIn(piece: string): readonly string[] {
  return partIntoWords(piece) ?? LONG_WORDS.filter((word) => piece.includes(word));
}

/** The words that a piece consists of, one after the other; `undefined` if there is anything else in it. */
function partIntoWords(piece: string): readonly string[] | undefined {
  const partings: (readonly string[] | undefined)[] = [[]];
  for (let end = 1; end <= piece.length; end++) {
    for (let start = 0; start < end && partings[end] === undefined; start++) {
      const before = partings[start];
      const word = piece.slice(start, end);
      if (before && (WORDS.has(word) || COMMON_WORDS.has(word))) partings[end] = [...before, word];
    }
  }
  return partings[piece.length];
}
