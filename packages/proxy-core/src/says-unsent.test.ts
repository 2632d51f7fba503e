import { expect, it } from "vitest";
import { saysUnsent } from "./says-unsent.ts";

const failure = (code: string, syscall?: string) =>
  Object.assign(new Error(code), { code, ...(syscall && { syscall }) });
const refused = failure("ECONNREFUSED", "connect");

it.each<[string, unknown]>([
  ["a refused connection", refused],
  ["an unknown name", failure("ENOTFOUND", "getaddrinfo")],
  ["a name server that does not answer", failure("EAI_AGAIN", "getaddrinfo")],
  ["no way to the host", failure("EHOSTUNREACH", "connect")],
  ["no way to the network", failure("ENETUNREACH", "connect")],
  ["a connection that took too long", failure("UND_ERR_CONNECT_TIMEOUT")],
  ["the only address refused", new AggregateError([refused])],
  ["every address refused", new AggregateError([refused, failure("ETIMEDOUT", "connect")])],
])("%s says that nothing was sent", (_, cause) => {
  expect(saysUnsent(new TypeError("fetch failed", { cause }))).toBe(true);
});

it.each<[string, unknown]>([
  ["a reset", failure("ECONNRESET", "read")],
  ["a reset while connecting", failure("ECONNRESET", "connect")],
  ["no way to the host, on an open connection", failure("EHOSTUNREACH", "read")],
  ["a time-out on an open connection", failure("ETIMEDOUT", "read")],
  ["a refusal of who knows what", failure("ECONNREFUSED")],
  ["a closed socket", failure("UND_ERR_SOCKET")],
  ["an answer that takes too long", failure("UND_ERR_HEADERS_TIMEOUT")],
  ["one address that did more than refuse", new AggregateError([refused, failure("ECONNRESET", "read")])],
  ["no address", new AggregateError([])],
  ["addresses of which nothing is known", new AggregateError([undefined])],
  ["a syscall named like what every object has", failure("ECONNREFUSED", "constructor")],
  ["text", "ECONNREFUSED"],
  ["nothing", undefined],
])("%s does not", (_, cause) => {
  expect(saysUnsent(new TypeError("fetch failed", { cause }))).toBe(false);
});

it("the error itself says nothing, whatever its code", () => {
  expect(saysUnsent(refused)).toBe(false);
  expect(saysUnsent("refused")).toBe(false);
});
