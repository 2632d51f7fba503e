/** Names in which some server takes the request's method from the query, without what is no letter. */
const OVERRIDE = /^(?:http)?x?(?:http)?method(?:override)?$/;

/** Methods that `?method=` may mean; any other value of this everyday name means something else. */
const COMMON_METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Stands for a method that nobody knows: only rules for any method allow it. */
const UNKNOWN = "?";

/**
 * The methods, in upper case, that an upstream may take from a query in place of the request's own: `_method` (Symfony,
 * Laravel, Spring, Jersey, WordPress, Express), `X-HTTP-Method-Override` (ASP.NET), `_HttpMethod` (Salesforce), `$httpMethod`
 * (Google) and `method` (Akka, Restlet). Google's `$httpHeaders` carries any header, so any method.
 */
export function methodsInQuery(query: string): string[] {
  if (!/method|httpheaders|%/i.test(query)) return [];
  const methods = new Set<string>();
  for (const parameter of query.split(/[?&;]/)) {
    const equals = parameter.indexOf("=");
    const name = decodeForm(equals < 0 ? parameter : parameter.slice(0, equals)).toLowerCase();
    const letters = name.replace(/[^a-z]/g, "");
    if (letters === "httpheaders") methods.add(UNKNOWN);
    if (!OVERRIDE.test(letters)) continue;
    const method = decodeForm(equals < 0 ? "" : parameter.slice(equals + 1))
      .trim()
      .toUpperCase();
    if (name !== "method" || COMMON_METHODS.has(method)) methods.add(method);
  }
  return [...methods];
}

/** As forms are decoded, but that encodings of any depth and `%u005f` of old servers are too. Only ASCII matters here. */
function decodeForm(text: string): string {
  return text
    .replaceAll("+", " ")
    .replace(/%(?:25)*(?:u00)?([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
