/** Tells whether a method and an undecoded path, both of one request, are allowed. */
export type AllowList = (method: string, path: string) => boolean;

const RULE = /^([A-Z-]+|\*) (\/[^\s?#\\%]*)$/;

/**
 * Compile rules such as `"POST /v1/messages"`, `"GET /v1/models/*"`, `"GET /**"`, `"* /v1/**"`: `*` stands for one or
 * more characters of one segment, `**` at the end for the rest of the path. `GET` includes `HEAD`.
 *
 * @throws TypeError if a rule does not read so.
 */
export function createAllowList(rules: readonly string[]): AllowList {
  const compiled = rules.map((rule, index) => compileRule(rule, `allow[${index}]`));
  return (method, path) => {
    const readings = path.includes("%") ? readingsOf(path) : [path];
    return compiled.some((rule) => rule.allows(method) && readings.every((reading) => rule.path.test(reading)));
  };
}

function compileRule(rule: string, at: string): { allows(method: string): boolean; path: RegExp } {
  const [, ruleMethod = "", pattern = ""] = RULE.exec(rule) ?? [];
  if (pattern === "" || pattern.slice(0, -2).includes("**")) {
    throw new TypeError(`${at} must be of the form "METHOD /path", with * in a segment or ** at the end`);
  }
  const source = pattern.replace(/\*\*|\*|[^*]+/g, (part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]+" : part.replace(/[.+^${}()|[\]]/g, "\\$&");
  });
  return {
    allows: (method) => ruleMethod === "*" || method === ruleMethod || (ruleMethod === "GET" && method === "HEAD"),
    path: new RegExp(`^${source}$`, "s"),
  };
}

/**
 * Every way in which an upstream may read an encoded path: an encoded slash or backslash as a separator, or as part of
 * a segment. A rule must allow all of them. An encoding that can be decoded twice, or not at all, has no reading: `[""]`.
 */
function readingsOf(path: string): string[] {
  try {
    const separated = decodeURIComponent(path.replace(/%5c/gi, "/"));
    const opaque = decodeURIComponent(path.replace(/%(?:2f|5c)/gi, "_"));
    return /%[0-9a-f]{2}|\p{Cc}/iu.test(separated) ? [""] : [separated, opaque];
  } catch {
    return [""];
  }
}
