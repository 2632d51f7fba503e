import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { startUpstream, type Upstream, type UpstreamHandler } from "@org/testkit/node";

const HTTP_BACKEND = join(execFileSync("git", ["--exec-path"]).toString().trim(), "git-http-backend");

/**
 * A server of the repositories in a folder, as git itself ships it: a CGI program.
 *
 * @param password - It lets nobody in but a user who has it.
 */
export function startGitUpstream(folder: string, password: string): Promise<Upstream> {
  const allowed = `Basic ${btoa(`x-access-token:${password}`)}`;
  return startUpstream({
    handler(request, response, { headers, ...received }) {
      if (headers.authorization !== allowed) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
        return;
      }
      const { pathname, searchParams } = new URL(received.url, "http://upstream.example");
      const child = spawn(HTTP_BACKEND, {
        env: {
          ...{ GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: "1", REMOTE_USER: "ci", GIT_CONFIG_NOSYSTEM: "1" },
          ...{ PATH_INFO: pathname, QUERY_STRING: String(searchParams), REQUEST_METHOD: received.method },
          ...{ CONTENT_TYPE: headers["content-type"], CONTENT_LENGTH: headers["content-length"] },
          ...{ GIT_PROTOCOL: headers["git-protocol"], HTTP_CONTENT_ENCODING: headers["content-encoding"] },
        },
        stdio: ["pipe", "pipe", "inherit"],
      });
      request.pipe(child.stdin);
      answerAsSaid(child.stdout, response);
    },
  });
}

/** What a CGI program writes: header lines, among them the status, an empty line, and the body (RFC 3875 section 6). */
function answerAsSaid(output: Readable, response: Parameters<UpstreamHandler>[1]): void {
  let bytes = Buffer.alloc(0);
  const readHead = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) return;
    output.off("data", readHead);
    const lines = bytes.subarray(0, end).toString().split("\r\n");
    const headers = lines.map((line) => line.split(": ", 2) as [string, string]);
    const status = headers.find(([name]) => name === "Status")?.[1] ?? "200";
    response.writeHead(Number.parseInt(status, 10), headers.filter(([name]) => name !== "Status").flat());
    response.write(bytes.subarray(end + 4));
    output.pipe(response);
  };
  output.on("data", readHead);
}
