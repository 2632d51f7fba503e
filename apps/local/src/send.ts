import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { Entrance } from "./routes.ts";
import type { Stage } from "./stage.ts";

export interface Answer {
  status: number;
  body: string;
  /** The proxy's own code; null for an answer of the upstream. */
  code: string | null;
  retryAfterMs: number;
}

/** By `node:http`, as `fetch` does not let a caller choose the host. */
export async function sendTo({ worker }: Stage, { method, path, host }: Entrance, token: string): Promise<Answer> {
  const headers = { "x-api-key": token, ...(host && { host }) };
  const [answer] = await once(request(`${worker.url}${path}`, { method, headers }).end(), "response");
  const body = await text(answer);
  return read(new Response(body || null, { status: answer.statusCode, headers: answer.headers }));
}

export const sendMessage = async (stage: Stage, token: string) => read(await post(stage, token, false));

export function post(stage: Stage, token: string, stream: boolean): Promise<Response> {
  return fetch(`${stage.worker.url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": token, "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model: "local", max_tokens: 64, stream, messages: [{ role: "user", content: "Hello" }] }),
  });
}

export async function read(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const seconds = Number(headers.get("retry-after") ?? 1);
  return {
    status,
    body: await response.text(),
    code: headers.get("x-oidc-proxy-error"),
    retryAfterMs: Number(headers.get("retry-after-ms") ?? seconds * 1000),
  };
}

export const describe = ({ status, code, body }: Answer) => (code ? `${status} ${errorIn(body) ?? code}` : `${status}`);

/** The proxy's text, in its own form or in that of the route's API. */
function errorIn(body: string): string | undefined {
  if (body === "") return undefined; // of a HEAD
  const { error } = JSON.parse(body);
  return typeof error === "string" ? error : error?.message;
}
