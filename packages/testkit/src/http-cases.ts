import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { RawRequest } from "./raw-http.ts";

// What any proxy of ours must bear, for tests of the library and of the worker alike.

/** Head lines and body of an answer. */
export type CannedAnswer = readonly [head: readonly string[], body?: string | Buffer];

/** Answers with these bytes and ends the connection. */
export function answerWith(head: readonly string[], body: string | Buffer = ""): (request: RawRequest) => void {
  return ({ socket }) => {
    socket.write([...head, "", ""].join("\r\n"));
    socket.end(body);
  };
}

const TEXT = "hello ".repeat(100);
const encoded = (encoding: string, bytes: Buffer): CannedAnswer => [
  ["HTTP/1.1 200 OK", `Content-Encoding: ${encoding}`, `Content-Length: ${bytes.length}`],
  bytes,
];

/** Methods that carry a body like any other. */
export const methods: readonly string[] = [
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "HEAD",
  "PROPFIND",
  "PURGE",
  "QUERY",
];

/** Must reach the caller as they are. */
export const answers: readonly (readonly [name: string, line: string, answer: CannedAnswer])[] = [
  ["HEAD with a length", "HEAD /", [["HTTP/1.1 200 OK", "Content-Length: 12345", "Content-Type: a/b"]]],
  ["204", "DELETE /", [["HTTP/1.1 204 No Content", "X-A: 1"]]],
  ["206", "GET /", [["HTTP/1.1 206 Partial Content", "Content-Range: bytes 0-1/9", "Content-Length: 2"], "ab"]],
  ["304", "GET /", [["HTTP/1.1 304 Not Modified", 'ETag: "a"']]],
  ["404", "GET /", [["HTTP/1.1 404 Not Found", "Content-Length: 2"], "no"]],
  ["500", "GET /", [["HTTP/1.1 500 Internal Server Error", "Content-Length: 2"], "no"]],
  ["529", "GET /", [["HTTP/1.1 529 Overloaded", "Content-Length: 2", "Retry-After: 3", "Request-Id: req_1"], "no"]],
  ["a made-up reason", "GET /", [["HTTP/1.1 200 Fine With Me", "Content-Length: 0"]]],
  ["gzip", "GET /", encoded("gzip", gzipSync(TEXT))],
  ["br", "GET /", encoded("br", brotliCompressSync(TEXT))],
  ["zstd", "GET /", encoded("zstd", zstdCompressSync(TEXT))],
  ["an encoding nobody knows", "GET /", encoded("x-rot13", Buffer.from("uryyb"))],
  ["a repeated header", "GET /", [["HTTP/1.1 200 OK", "Content-Length: 0", "X-Rep: 1", "x-rep: 2"]]],
  ["two www-authenticate in one", "GET /", [["HTTP/1.1 401 No", "Content-Length: 0", "WWW-Authenticate: A, B"]]],
  ["a redirect to elsewhere", "GET /", [["HTTP/1.1 302 Found", "Content-Length: 0", "Location: https://a.example/x"]]],
  ["a chunked body", "GET /", [["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"]],
];

/** Must reach the upstream byte for byte. Latin1, so that a character is a byte. */
export const faithfulTargets: readonly (readonly [name: string, target: string])[] = [
  ["path-encoded-slash", "/a%2Fb%2f"],
  ["path-double-slash", "/a//b"],
  ["path-leading-double-slash", "//evil.example/x"],
  ["path-blank-and-plus", "/a%20b+c"],
  ["path-parameters", "/a;v=1;w/b;"],
  ["path-colon-and-at", "/user:pass@evil.example/x"],
  ["path-encoded-non-ascii", "/%C3%A9%e2%82%AC"],
  ["path-raw-non-ascii", "/\u00c3\u00a9?\u00c3\u00bc=1"], // é and ü, as UTF-8
  ["path-encoded-percent-sign", "/100%25"],
  ["path-encoded-twice", "/https%253A%252F%252fa.example"],
  ["path-encoded-controls", "/a%00%0d%0ab"],
  ["path-dots-in-names", "/..a/b../...//.b/c.%2e.d"],
  ["path-quotes", "/it's?q='x'&r=|^"],
  ["query-repeated", "/x?a=b&a=c&&=&b"],
  ["query-empty", "/x?"],
  ["query-broken-encoding", "/x?%zz%2&%e9=100%"],
  ["query-with-dots-and-slashes", "/x?next=../../y&u=http://evil.example/@"],
  ["query-second-question-mark", "/x?a?b"],
  ["query-of-8-KB", `/x?q=${"abc%2F+".repeat(1170)}`],
];

/** Some server would read these as something else than we do, and perhaps leave the base path: refused. Latin1, as above. */
export const escapingTargets: readonly (readonly [name: string, target: string])[] = [
  ["dot-segments", "/a/../../secret"],
  ["dot-segment-single", "/a/./b"],
  ["dot-segment-last", "/a/.."],
  ["dot-segments-encoded", "/%2e%2E/secret"],
  ["dot-segments-half-encoded", "/.%2e/secret"],
  ["dot-segments-encoded-slash", "/..%2fsecret"],
  ["dot-segments-encoded-backslash", "/a%5c..%5Csecret"],
  ["dot-segments-encoded-twice", "/%252e%252e%252fsecret"],
  ["dot-segments-with-parameter", "/..;x=1/secret"],
  ["dot-segments-encoded-twice-in-another-way", "/%25%32%65%25%32%65/secret"],
  ["dot-segments-before-encoded-question-mark", "/a/..%3f"],
  ["dot-segments-before-encoded-number-sign", "/a/..%23secret"],
  ["dot-segments-before-question-mark-encoded-twice", "/a/..%253f"],
  ["dot-segments-of-wide-dots", "/\u00ef\u00bc\u008e\u00ef\u00bc\u008e/secret"], // U+FF0E, as UTF-8
  ["dot-segments-of-wide-dots-encoded", "/%EF%BC%8E%ef%bc%8e/secret"],
  ["backslash", "/..\\secret"],
  ["broken-encoding", "/%zz"],
  ["broken-encoding-last", "/100%"],
  ["broken-encoding-short", "/a%2/b"],
  ["broken-encoding-around-an-encoding", "/%%32%65%%32%65/secret"],
  ["encoding-of-old-servers", "/%u002e%u002e/secret"],
  ["encoding-of-old-servers-encoded", "/%25u002e%25u002e/secret"],
  ["overlong-utf-8", "/%c0%ae%c0%ae/secret"],
  ["overlong-utf-8-encoded-twice", "/%25c0%25ae%25c0%25ae/secret"],
  ["encoded-bytes-that-are-no-utf-8", "/%e9"],
  ["encoded-five-times", "/%252525252541"],
];

/** What random targets are made of. */
export const targetPieces: readonly string[] = [
  "/",
  "//",
  "..",
  ".",
  "%2e",
  "%2f",
  "%5c",
  "\\",
  "@",
  ":",
  ";",
  "?",
  "%00",
  "%",
  "evil.example",
  "'",
];

/** In which a caller may send a secret, or what looks like one; some are no names at all. */
export const headerNames: readonly string[] = [
  "x-api-key",
  "Authorization",
  "api-key",
  "X-Goog-Api-Key",
  "Proxy-Authorization",
  "Cookie",
  "Connection",
  "X-Forwarded-For",
  "CF-Connecting-IP",
  "Forwarded",
  "X-Real-IP",
  "True-Client-IP",
  "X-Any",
  "Accept",
  "Upgrade",
  "TE",
  "Sec-WebSocket-Protocol",
  "Referer",
  "X-Any, X-Two",
  "b@d",
  "Transfer-Encodin",
];

/** What may stand before or after a secret in a header's value. */
export const surroundings: readonly string[] = [
  "",
  " ",
  "Bearer ",
  "bearer ",
  "Basic ",
  "a=",
  ",",
  ", ",
  ";",
  '"',
  "\t",
  "X-Any, ",
  "\r\nX-Injected: ",
];
