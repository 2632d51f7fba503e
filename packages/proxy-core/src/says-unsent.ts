/** What a runtime throws, as far as it is looked at. */
interface Failure {
  code?: unknown;
  syscall?: unknown;
  errors?: unknown;
}

// On an open connection the same codes can mean that it broke later: the call tells which it was.
const CALLS: ReadonlyMap<unknown, ReadonlySet<unknown>> = new Map([
  ["getaddrinfo", new Set(["ENOTFOUND", "EAI_AGAIN"])],
  ["connect", new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"])],
]);

/**
 * Whether Node's fetch says that it made no connection, to none of the addresses, so that nothing can have been sent. (After a
 * 421 it connects once more by itself; a server that answers so has not processed the request, RFC 9110 section 15.5.20.)
 */
export function saysUnsent(error: unknown): boolean {
  const cause: Failure = Object(error instanceof Error ? error.cause : undefined);
  if (!Array.isArray(cause.errors)) return isOfConnecting(cause);
  return cause.errors.length > 0 && cause.errors.every((each) => isOfConnecting(Object(each)));
}

function isOfConnecting({ code, syscall }: Failure): boolean {
  return code === "UND_ERR_CONNECT_TIMEOUT" || CALLS.get(syscall)?.has(code) === true;
}
