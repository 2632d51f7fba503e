// What the code says of each setting, for the tables of the READMEs, the JSON schema and the environment's type.

import * as v from "valibot";
import { limitNames, limits } from "../src/limits.ts";
import {
  allowListVariables,
  commonVariables,
  policyVariables,
  routeVariables,
  upstreamVariables,
  type VariableName,
} from "../src/variables.ts";
import { variables } from "./sentences.ts";

/** Of a variable that has two rules, as it can be set in one of two forms, the one by which it may be set comes last. */
const forms = [policyVariables, routeVariables({}), allowListVariables, upstreamVariables, commonVariables];

export const variableNames = Object.keys(variables) as VariableName[];

/** The rules of a variable, one for each form. */
export const rulesOf = (name: VariableName): v.GenericSchema[] =>
  forms.flatMap(({ entries }) => (entries as Partial<Record<VariableName, v.GenericSchema>>)[name] ?? []);

/** Whether it holds JSON. */
export const isJson = (name: VariableName): boolean => rulesOf(name).some(({ type }) => type === "lazy");

/** What the rule makes of a variable that is not set. */
export function defaultOf(name: VariableName): string {
  const limit = limitNames.map((each) => limits[each]).find(({ variable }) => variable === name);
  if (limit) return limit.units === undefined ? "unset: not counted" : `\`${limit.units}\``;
  const rule = rulesOf(name).at(-1);
  const { output, issues } = v.safeParse(rule as v.GenericSchema, undefined, { abortPipeEarly: true });
  if (issues?.[0].message === "is required") return "**required**";
  if (issues || output === undefined) return "unset";
  return output === "" ? "empty" : `\`${output}\``;
}

/** What a setting means and what holds without it, where no table stands beside it and no link leads anywhere. */
export function meaningOf(name: VariableName): string {
  const sentence = variables[name];
  const { note, text } = typeof sentence === "string" ? { note: "", text: sentence } : sentence;
  const absent = defaultOf(name) + note;
  return `${asSentence(text)} ${asSentence(absent.startsWith("*") ? absent : `Default: ${absent}`)}`;
}

/** Plain text that stands by itself. */
export const asSentence = (markdown: string): string => {
  const text = markdown
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replace(/(?<![\w`*])\*{1,2}([^*`]+)\*{1,2}(?!\w)/g, "$1");
  return `${text.replace(/^(?!https)[a-z]/, (letter) => letter.toUpperCase())}.`;
};
