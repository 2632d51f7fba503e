import { parseJson } from "@org/oidc-verify";
import * as v from "valibot";

// Numbers and booleans without quotes in wrangler.jsonc arrive as such; they mean the same.
export const text = v.pipe(
  v.optional(v.union([v.string(), v.number(), v.boolean()], "must be a string"), ""),
  v.transform(String),
);

export const required = <S extends v.GenericSchema<string, unknown>>(rule: S) =>
  v.pipe(text, v.nonEmpty("is required"), rule);

/** An empty string means unset. */
export const optional = <S extends v.GenericSchema<string, unknown>, D extends v.InferInput<S> | undefined>(
  rule: S,
  fallback: D,
) =>
  v.pipe(
    text,
    v.transform((value) => (value === "" ? undefined : value)),
    v.optional(rule, fallback),
  );

/** Of two equal names a parser takes the last: a rule that was meant to hold would silently not. */
const parsedOnce = v.rawTransform<string, unknown>(({ dataset, addIssue, NEVER }) => {
  try {
    return parseJson(dataset.value);
  } catch {
    addIssue({ message: "must be JSON that gives no name twice" });
    return NEVER;
  }
});

/** JSON: as text, or as the value itself, which wrangler.jsonc can hold as well. */
export const json = <S extends v.GenericSchema>(rule: S) => {
  const parsed = v.pipe(v.string(), parsedOnce, rule);
  return v.lazy((value): v.GenericSchema<unknown, v.InferOutput<S>> => (typeof value === "string" ? parsed : rule));
};

/** Holds if nothing is thrown: for rules that a package knows better. Its message names the rule. */
export const accepted = <T>(check: (value: T) => unknown) =>
  v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      check(dataset.value);
    } catch (error) {
      addIssue({
        message:
          error instanceof TypeError
            ? `is not accepted: ${error.message.replace(/^routes\[0\]: /, "")}`
            : "is not accepted",
      });
    }
  });

// Nine digits keep every sum and product of them an exact number.
export const positiveInteger = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,8}$/, "must be a positive integer of at most 9 digits"),
  v.transform(Number),
);

export const boolean = v.pipe(
  v.picklist(["true", "false"], "must be true or false"),
  v.transform((value) => value === "true"),
);

export const list = v.pipe(
  v.string(),
  v.transform((value) => value.split(",").map((item) => item.trim())),
  v.transform((items) => items.filter((item) => item !== "")),
  v.minLength(1, "must name at least one value, or be unset"),
);

/** What the JSON schema of the settings says of a list: a rule that is a function says nothing. */
export const items = (item: RegExp, alone?: string) =>
  v.metadata<string[], { item: RegExp; alone: string | undefined }>({ item, alone });

export const listOf = (item: RegExp, rule: string) =>
  v.pipe(
    list,
    v.everyItem((value) => item.test(value), rule),
    items(item),
  );

const isLoopback = (hostname: string) => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** An https URL that is an address and nothing more, its path already in the form in which it will be sent. */
export const baseUrl = v.pipe(
  v.string(),
  v.transform((value) => value.replace(/\/$/, "")),
  v.check((value) => {
    const url = URL.parse(value);
    if (url === null || /[?#@\s\\]/.test(value)) return false;
    const path = value.replace(/^\w+:\/\/[^/]*/, "");
    if ((path || "/") !== url.pathname || path.includes("//") || /%2e|%2f|%5c/i.test(path)) return false;
    return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
  }, "must be an https URL (http only for a loopback host) without user, query, fragment or dot segments"),
);

/** Printable ASCII. */
export const PRINTABLE = /^[\x20-\x7e]*$/;
/** The same without blanks, and something. */
export const VISIBLE = /^[\x21-\x7e]+$/;

export const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
