import type { ScriptedAnswer } from "./scripted-answer.ts";
import type { UpstreamHandler } from "./upstream.ts";

/** Answers as `x-answer` says; without it, echoes the request as JSON. */
export const scriptedUpstream: UpstreamHandler = (request, response, received) => {
  const script: ScriptedAnswer = JSON.parse(received.headers["x-answer"] ?? "{}");
  if (script.hang) return;
  request.on("end", () => {
    if (script.drop) return response.destroy();
    response.writeHead(script.status ?? 200, (script.headers ?? [["content-type", "application/json"]]).flat());
    if (script.reset) {
      response.write(script.body ?? "");
      setImmediate(() => response.destroy());
    } else response.end(script.body ?? JSON.stringify(received));
  });
};
