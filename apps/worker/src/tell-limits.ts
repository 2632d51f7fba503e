import { type LimitStatus, rateLimitFields } from "@org/token-limiter";

/** Pieces of structured fields (RFC 9651 section 4.2): strings with parameters, in a list. */
const STRING = /"(?:[ !#-[\]-~]|\\["\\])*"/.source;
const VALUE = `(?:${STRING}|-?\\d+(?:\\.\\d+)?|\\?[01]|:[\\w+/=]*:|@-?\\d+|[a-z*][\\w!#$%&'*+.^\`|~:/-]*)`;
const ITEM = `${STRING}(?: *; *[a-z*][a-z\\d_.*-]*(?:=${VALUE})?)*`;
const LIST_OF_STRINGS = new RegExp(`^${ITEM}(?:[ \\t]*,[ \\t]*${ITEM})*$`, "i");

/**
 * Add how the caller's limits stand to an answer. An upstream's own fields of the same names are lists, to which ours are appended.
 * But if one of them is written in an older way (`limit=100, remaining=50`; `100;w=60`), both stay alone: in a list of both kinds
 * neither could be read.
 */
export function tellLimits(response: Response, limits: readonly LimitStatus[]): Response {
  const { headers } = response;
  const fields = Object.entries(rateLimitFields(limits)).map(([name, ours]) => ({
    name,
    ours,
    came: headers.get(name),
  }));
  if (fields.some(({ came }) => came && !LIST_OF_STRINGS.test(came))) return response;
  for (const { name, ours, came } of fields) {
    if (came) headers.append(name, ours);
    else headers.set(name, ours);
  }
  return response;
}
