// What a JSON schema can say of the rules by which the worker reads its settings. Where a rule is a function the schema says less, so
// whatever the worker accepts the schema accepts.

import * as v from "valibot";
import { baseUrl, list, positiveInteger, text } from "../src/setting-rules.ts";

/** Draft 7, as wrangler's own. */
export type JsonSchema = { [keyword: string]: unknown };

/** As much of valibot's schemas and actions as is read here. */
export interface Rule {
  type: string;
  pipe?: readonly Rule[];
  wrapped?: Rule;
  item?: Rule;
  entries?: Readonly<Record<string, Rule>>;
  options?: readonly unknown[];
  literal?: unknown;
  requirement?: unknown;
  metadata?: { item: RegExp; alone?: string };
  getter?(input: unknown): Rule;
}

/** What a text may be: one of these, or of this form. Neither: anything. */
interface TextForm {
  enum?: unknown[];
  pattern?: string;
  maximum?: number;
  isInteger?: boolean;
}

/** Rules that are functions, as far as a pattern can say the same. */
const PATTERNS = new Map<unknown, RegExp>([
  [list, /[^\s,]/],
  [
    baseUrl,
    /^(?:[hH][tT]{2}[pP][sS]:\/\/|[hH][tT]{2}[pP]:\/\/(?:[lL][oO][cC][aA][lL][hH][oO][sS][tT]|127(?:\.\d+){0,3}|\[[0:]+1\])(?![^:/]))[^\s?#@\\]*$/,
  ],
]);

const itemsPattern = (item: RegExp, alone?: string): string => {
  const open = item.source.endsWith("$") ? "" : "[^,]*";
  const one = `(?:${item.source.replace(/^\^|\$$/g, "")}${open})`;
  const several = `${one}(?:\\s*,[\\s,]*${one})*`;
  const any = alone === undefined ? several : `(?:${alone.replace(/\W/g, "\\$&")}|${several})`;
  return `^[\\s,]*${any}[\\s,]*$`;
};

function formOf(rule: Rule): TextForm {
  const pattern = PATTERNS.get(rule);
  if (pattern) return { pattern: pattern.source };
  if ((rule as unknown) === positiveInteger) return { pattern: patternIn(rule), isInteger: true, maximum: 999_999_999 };
  if (rule.pipe) return Object.assign({}, ...rule.pipe.map(formOf));
  if (rule.type === "optional") return formOf(rule.wrapped as Rule);
  if (rule.type === "picklist") return { enum: [...(rule.options ?? [])] };
  if (rule.type === "literal") return { enum: [rule.literal] };
  if (rule.type === "union") return Object.assign({}, ...(rule.options as Rule[]).map(formOf));
  if (rule.type === "regex") return { pattern: (rule.requirement as RegExp).source };
  if (rule.type === "max_value") return { maximum: rule.requirement as number };
  if (rule.metadata) return { pattern: itemsPattern(rule.metadata.item, rule.metadata.alone) };
  return {};
}

const patternIn = (rule: Rule): string => rule.pipe?.map(formOf).find(({ pattern }) => pattern)?.pattern ?? "";

const accepts = (rules: readonly v.GenericSchema[], value: unknown) =>
  rules.some((rule) => v.safeParse(rule, value).success);

/** A setting that is text: numbers and booleans mean what they are written as. */
function schemaOfText(rules: readonly v.GenericSchema[]): JsonSchema {
  const forms = rules.map((rule) => formOf(rule as unknown as Rule));
  const values = forms.flatMap((form) => form.enum ?? []);
  const { pattern, maximum, isInteger } = forms.find((form) => form.pattern !== undefined) ?? {};
  const isOpen = forms.some((form) => form.enum === undefined && form.pattern === undefined);
  const others = [accepts(rules, 5) && (isInteger ? "integer" : "number"), accepts(rules, true) && "boolean"];
  const types = ["string", ...others.filter((type) => type !== false)];
  const type = types.length > 1 ? types : "string";
  const empty = accepts(rules, "") ? [""] : [];
  const listed = { enum: [...new Set([...values.flatMap(spellings), ...empty])] };
  if (pattern === undefined) return isOpen ? { type } : listed;
  const range = isInteger ? { minimum: 1, maximum } : {};
  const whole = empty.length > 0 ? `^$|${pattern}` : pattern;
  const formed = { type, pattern: whole, ...range };
  return values.some((value) => value !== "") ? { anyOf: [listed, formed] } : formed;
}

/** `"true"` and `true`, `"403"` and `403`. */
function spellings(value: unknown): unknown[] {
  return typeof value === "string" && /^(?:true|false|\d+)$/.test(value) ? [value, JSON.parse(value)] : [value];
}

/** A setting, in any of its forms. */
export function schemaOfSetting(rules: readonly v.GenericSchema[], described: Described = {}): JsonSchema {
  const json = rules.map((rule) => rule as unknown as Rule).find(({ type }) => type === "lazy");
  if (!json?.getter) return schemaOfText(rules);
  const asText = { type: "string", pattern: "^$|^\\s*\\[", contentMediaType: "application/json" };
  return { anyOf: [{ minItems: 1, ...schemaOfValue(json.getter([]), described) }, asText] };
}

/** What is said besides the rules. */
export interface Described {
  /** Instead of what can be read of these rules. */
  rules?: ReadonlyMap<unknown, JsonSchema>;
  /** Of the outermost object's properties, and of itself. */
  properties?: Readonly<Record<string, JsonSchema>>;
  object?: JsonSchema;
}

/** Of JSON values. */
export function schemaOfValue(rule: Rule, described: Described): JsonSchema {
  const known = described.rules?.get(rule);
  if (known) return known;
  if (rule.pipe?.[0] === (text as unknown)) return schemaOfText([rule as unknown as v.GenericSchema]);
  if (PATTERNS.has(rule)) return { type: "string", ...formOf(rule) };
  if (rule.pipe) {
    const end = rule.pipe.findIndex(({ type }) => type === "raw_transform");
    const judged = end < 0 ? rule.pipe : rule.pipe.slice(0, end);
    return Object.assign({}, ...judged.map((each) => schemaOfValue(each, described)));
  }
  switch (rule.type) {
    case "exact_optional":
      return schemaOfValue(rule.wrapped as Rule, described);
    case "string":
    case "boolean":
      return { type: rule.type };
    case "picklist":
      return { enum: [...(rule.options ?? [])] };
    case "literal":
      return { const: rule.literal };
    case "array":
      return { type: "array", items: schemaOfValue(rule.item as Rule, described) };
    case "strict_object":
      return schemaOfObject(rule.entries ?? {}, described);
    case "custom":
      return { type: "object" };
    case "regex":
      return { pattern: (rule.requirement as RegExp).source };
    default:
      return {};
  }
}

function schemaOfObject(
  entries: Readonly<Record<string, Rule>>,
  { properties = {}, object, ...described }: Described,
): JsonSchema {
  const names = Object.keys(entries);
  const required = names.filter((name) => !entries[name]?.type.endsWith("optional"));
  const schemas = names.map((name) => {
    const schema = { ...schemaOfValue(entries[name] as Rule, described), ...properties[name] };
    return [name, schema] as const;
  });
  return {
    type: "object",
    properties: Object.fromEntries(schemas),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    ...object,
  };
}
