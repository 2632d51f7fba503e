import type { Node } from "oxc-parser";
import type { Edit } from "./mutants.ts";

/** What stands for what: comparisons turned or moved by one, sums, and logic. */
const OPERATORS = new Map([
  ["===", ["!=="]],
  ["!==", ["==="]],
  ["<", ["<=", ">="]],
  ["<=", ["<", ">"]],
  [">", [">=", "<="]],
  [">=", [">", "<"]],
  ["+", ["-"]],
  ["-", ["+"]],
  ["*", ["/"]],
  ["/", ["*"]],
  ["%", ["*"]],
  ["&&", ["||"]],
  ["||", ["&&"]],
  ["??", ["&&"]],
]);

/** Methods whose meaning has a neighbour. */
const METHODS = new Map([
  ["some", "every"],
  ["every", "some"],
  ["startsWith", "endsWith"],
  ["endsWith", "startsWith"],
  ["min", "max"],
  ["max", "min"],
  ["floor", "ceil"],
  ["ceil", "floor"],
  ["toLowerCase", "toString"],
  ["trim", "toString"],
]);

/** Faults of patterns: an anchor gone, one for many, a class turned. */
const ofPattern = (pattern: string): string[] => [
  pattern.replace(/^\^/, ""),
  pattern.replace(/\$$/, ""),
  pattern.replace(/(?<!\\)\+/, "*"),
  pattern.replace(/(?<!\\)\*/, "+"),
  pattern.replace("[^", "["),
  pattern.replace(/\\([dsw])/, (found) => found.toUpperCase()),
];

const isPattern = (pattern: string, flags: string): boolean => {
  try {
    return new RegExp(pattern, flags).source !== "(?:)";
  } catch {
    return false;
  }
};

/** A sentence: what people read, which no program decides by. */
const isSentence = (text: string): boolean => /\p{L}[,;:.]? [\p{L}\p{N}]/u.test(text);

const ofLiteral = (node: Node & { type: "Literal" }): string[] => {
  if ("regex" in node) {
    const { pattern, flags } = node.regex;
    const others = new Set(ofPattern(pattern).filter((other) => other !== pattern && isPattern(other, flags)));
    const found = [...others].map((other) => `/${other}/${flags}`);
    return flags.includes("i") ? [...found, `/${pattern}/${flags.replace("i", "")}`] : found;
  }
  if (typeof node.value === "boolean") return [String(!node.value)];
  if (typeof node.value === "number") return [String(node.value + 1)];
  if (typeof node.value !== "string" || isSentence(node.value)) return [];
  return [node.value === "" ? '"mutated"' : '""'];
};

/** A statement that does something or ends a path early. */
const isRemovable = (node: Node, [parent, beyond]: readonly Node[]): boolean => {
  switch (node.type) {
    case "ExpressionStatement":
    case "ThrowStatement":
    case "ContinueStatement":
    case "BreakStatement":
      return true;
    case "ReturnStatement":
      return parent?.type === "IfStatement" || beyond?.type === "IfStatement";
    default:
      return false;
  }
};

/** Turned by a mutant of its own already. */
const turns = (test: Node): boolean =>
  (test.type === "UnaryExpression" && test.operator === "!") ||
  (test.type === "BinaryExpression" && /^[<>=!]/.test(test.operator));

/** Nothing below it decides anything at run time. */
const isInert = (node: Node): boolean =>
  /^(Import|ExportAll)Declaration$/.test(node.type) ||
  (node.type === "ExportNamedDeclaration" && node.source !== null) ||
  (node.type.startsWith("TS") && !/^TS(As|Satisfies|NonNull|Instantiation)/.test(node.type));

/** An element by its index: what stands in for a missing one is there for the compiler. */
const isElement = (node: Node): boolean => {
  if (node.type === "MemberExpression") return node.computed;
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return false;
  return node.callee.property.type === "Identifier" && node.callee.property.name === "at";
};

const isStandIn = (node: Node, [parent, beyond]: readonly Node[]): boolean => {
  if (parent?.type === "AssignmentPattern") return beyond?.type === "ArrayPattern";
  return (
    parent?.type === "LogicalExpression" && parent.operator === "??" && parent.right === node && isElement(parent.left)
  );
};

/** Faults of one node; undefined: neither in it nor below it is anything to mutate. */
export function mutationsOf(node: Node, parents: readonly Node[], source: string): Edit[] | undefined {
  if (isInert(node)) return undefined;
  const text = (of: Node) => source.slice(of.start, of.end);
  const instead = (of: Node, ...texts: string[]): Edit[] =>
    texts.map((each) => ({ start: of.start, end: of.end, text: each }));
  if (isRemovable(node, parents)) return instead(node, ";");
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression": {
      if ([node.left, node.right].some(({ type }) => type === "TemplateLiteral")) return [];
      const start = source.indexOf(node.operator, node.left.end);
      const end = start + node.operator.length;
      return (OPERATORS.get(node.operator) ?? []).map((other) => ({ start, end, text: other }));
    }
    case "IfStatement":
    case "ConditionalExpression":
      return turns(node.test) ? [] : instead(node.test, `!(${text(node.test)})`);
    case "UnaryExpression":
      return node.operator === "!" ? instead(node, text(node.argument)) : [];
    case "MemberExpression": {
      const { object, property, optional } = node;
      const other =
        property.type === "Identifier" && parents[0]?.type === "CallExpression" && METHODS.get(property.name);
      const unsafe =
        optional && !node.computed && !isElement(object) ? [{ start: object.end, end: property.start, text: "." }] : [];
      return other ? [...unsafe, ...instead(property, other)] : unsafe;
    }
    case "TemplateLiteral":
      return isSentence(node.quasis.map(({ value }) => value.raw).join("x")) ? [] : instead(node, '""');
    case "Literal":
      if (isStandIn(node, parents)) return [];
      return instead(node, ...ofLiteral(node)).map((edit) => ({ ...edit, isLiteral: true }));
    default:
      return [];
  }
}
