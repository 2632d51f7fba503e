import { type DecodedPath, decodePath } from "./decoded-path.ts";
import { compilePathPattern } from "./path-pattern.ts";

/**
 * Tells whether a method and an undecoded path, both of one request, are allowed; and with the same path each method that
 * an upstream may take for the request's own.
 */
export type AllowList = (method: string, path: string, otherMethods?: readonly string[]) => boolean;

interface Rule {
  isForMethod(method: string): boolean;
  isForPath(path: DecodedPath): boolean;
}

const RULE = /^([A-Z-]+|\*) (\/(?:[^\s?#\\%]|%2[Ff])*)$/;

/**
 * Compile rules such as `"POST /v1/messages"`, `"GET /v1/models/*"`, `"GET /**"`, `"* /v1/**"`: `*` stands for one or
 * more characters of one segment, `**` at the end for the rest of the path. `GET` includes `HEAD`. An encoded slash is
 * matched by `%2F`, as in `"PUT /@*%2F*"`, or as part of the rest by `**`, and by nothing else.
 *
 * @throws TypeError if a rule does not read so.
 */
export function createAllowList(rules: readonly string[]): AllowList {
  const compiled = rules.map((rule, index) => compileRule(rule, `allow[${index}]`));
  return (method, path, otherMethods = []) => {
    const decoded = decodePath(path);
    if (decoded === null) return false;
    const open = compiled.filter((rule) => rule.isForPath(decoded));
    return [method, ...otherMethods].every((method) => open.some((rule) => rule.isForMethod(method)));
  };
}

function compileRule(rule: string, at: string): Rule {
  const [, ruleMethod = "", pattern = ""] = RULE.exec(rule) ?? [];
  const rest = pattern.indexOf("**");
  if (pattern === "" || (rest >= 0 && rest !== pattern.length - 2)) {
    throw new TypeError(`${at} must be of the form "METHOD /path", with * or %2F in a segment or ** at the end`);
  }
  return {
    isForMethod: (method) => ruleMethod === "*" || method === ruleMethod || (ruleMethod === "GET" && method === "HEAD"),
    isForPath: compilePathPattern(pattern),
  };
}
