import { resolve } from "node:path";
import { type Entrance, entrancesOf } from "./routes.ts";
import type { Stage } from "./stage.ts";

/** Lines for a shell, to be copied as a whole: one that mints a token, and some that use it. */
export function curlBlock(stage: Stage, dir: string | undefined): string[] {
  const mint = `npx --yes pnpm@12.21.0 --silent mint${dir === undefined ? "" : ` --dir ${quote(resolve(dir))}`}`;
  return [`TOKEN=$(${mint})`, ...curlsFor(stage)];
}

function curlsFor(stage: Stage): string[] {
  if (stage.settings.ROUTES)
    return entrancesOf(stage.settings.ROUTES).map((entrance) => curl(stage, entrance) + hint(entrance));
  if (!stage.isLocal) return [`${curl(stage, MODELS)} -H 'anthropic-version: 2023-06-01'`];
  return [
    sendMessage(stage, false),
    sendMessage(stage, true),
    `curl ${stage.upstream.url}/__received    # what the upstream received`,
  ];
}

const MODELS = { method: "GET", path: "/v1/models" };

function curl({ worker }: Stage, { method, path, host }: Pick<Entrance, "method" | "path" | "host">): string {
  const options = method === "GET" ? "" : method === "HEAD" ? "--head " : `-X ${method} `;
  const toHost = host === undefined ? "" : ` -H ${quote(`host: ${host}`)}`;
  return `curl ${options}${quote(worker.url + path)} -H "x-api-key: $TOKEN"${toHost}`;
}

const hint = ({ isTrustItsOwn }: Entrance) =>
  isTrustItsOwn ? "    # has trust rules of its own: give mint their --repo, --ref and --claim" : "";

function sendMessage({ worker }: Stage, stream: boolean): string {
  const body = JSON.stringify({
    model: "local",
    max_tokens: 64,
    stream,
    messages: [{ role: "user", content: "Hello" }],
  });
  return (
    `curl ${stream ? "-N " : ""}${worker.url}/v1/messages -H "x-api-key: $TOKEN" ` +
    `-H 'content-type: application/json' -H 'anthropic-version: 2023-06-01' -d ${quote(body)}`
  );
}

/** As one word of a shell. */
function quote(text: string): string {
  return /^[\w:/.@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
