/** Throws a TypeError, which begins with the name, unless the value may stand there. */
type Check = (name: string, value: unknown) => void;

/**
 * A misspelt option would be a check that is silently off.
 *
 * @param at - What stands before the options' names: `""`, or the option that they are in, and a dot.
 * @throws TypeError naming the option
 */
export function assertOptions(options: unknown, checks: Readonly<Record<string, Check>>, at = ""): void {
  anObject(at.slice(0, -1) || "options", options);
  const other = Object.keys(options as object).find((name) => !Object.hasOwn(checks, name));
  if (other !== undefined) {
    throw new TypeError(`${at}${other}: no such option here, but ${Object.keys(checks).join(", ")}`);
  }
  for (const [name, check] of Object.entries(checks)) check(at + name, (options as Record<string, unknown>)[name]);
}

const must =
  (be: string, isRight: (value: unknown) => boolean): Check =>
  (name, value) => {
    if (!isRight(value)) throw new TypeError(`${name}: must be ${be}`);
  };

export const anObject = must("an object", (value) => typeof value === "object" && value !== null);

export const aFunction = must("a function", (value) => typeof value === "function");

/** Structured fields carry integers of at most 15 digits (RFC 9651, section 3.3.1). */
export const aPositiveInteger = must(
  "a positive integer of at most 15 digits",
  (value) => Number.isSafeInteger(value) && Number(value) > 0 && Number(value) < 1e15,
);

export const aString = must("a string", (value) => typeof value === "string");

export const oneOf = (...values: readonly unknown[]): Check =>
  must(values.join(" or "), (value) => values.includes(value));

/** What has these methods, and where it comes from. */
export const aThingOf = (source: string, ...methods: readonly string[]): Check =>
  must(source, (value) => methods.every((method) => typeof Object(value)[method] === "function"));

/** The default stands for what is not given. */
export const orAbsent =
  (check: Check): Check =>
  (name, value) => {
    if (value !== undefined) check(name, value);
  };
