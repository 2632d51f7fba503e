import { env } from "cloudflare:workers";
import { createIssuer, type SigningKeyData, type TestIssuer } from "@org/oidc-verify/testing";
import type { ScriptedAnswer } from "@org/testkit";
import type { ProxyEnv } from "../src/environment.ts";
import { createHandler } from "../src/handler.ts";

export const PROXY = "https://proxy.example";
export const KEY = "sk-the-real-key";

const testEnv = env as Cloudflare.Env & { OIDC_ISSUER: string; UPSTREAM_URL: string; TEST_KEY: SigningKeyData };

/** Where the worker forwards to, unless a test says otherwise. */
export const upstreamUrl: string = testEnv.UPSTREAM_URL;

/** Nobody listens there. */
export const GONE = "http://127.0.0.1:1";

// Said here, as a connection that is really refused passes through a worker of the test runner's, which prints it as an uncaught
// exception. `outside/` has an upstream that is really down.
const connected = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const { host } = new URL(input instanceof Request ? input.url : input);
  if (host === new URL(GONE).host) throw new Error("Network connection lost.");
  return connected(input, init);
};

/** Signs with the key that the issuer's server publishes. */
export const issuer: TestIssuer = await createIssuer({
  issuer: testEnv.OIDC_ISSUER,
  key: testEnv.TEST_KEY,
  audience: "goose-oidc-proxy",
});

/** What a deployment has: variables, and the object's namespace; nothing of the test runner's own. */
const deployment = Object.entries(env).filter(
  ([name, value]) => name === "LIMITER" || (/^[A-Z]/.test(name) && typeof value === "string"),
);

/** The settings of most tests: trust the repository of the minted tokens. */
const settings = {
  ...Object.fromEntries(deployment),
  ALLOWED_REPOS: "octo-org/octo-repo",
  RATE_LIMIT_PER_SECOND: "100000",
};

export type Call = (
  path: string,
  init?: RequestInit & { token?: string; answer?: ScriptedAnswer },
) => Promise<Response>;

/** The worker as it would be deployed with these variables over the tests' own. */
export function deploy(variables: Partial<Record<string, unknown>> = {}): Call {
  const background: Promise<unknown>[] = [];
  const handler = createHandler({ ...settings, ...variables } as object as ProxyEnv, (work) => background.push(work));
  return (path, { token, answer, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("x-api-key", token);
    if (answer) headers.set("x-answer", JSON.stringify(answer));
    return handler(new Request(`${PROXY}${path}`, { redirect: "manual", ...init, headers }));
  };
}

export interface Echo {
  method: string;
  url: string;
  rawHeaders: string[];
  headers: Record<string, string>;
  body: string;
}

/** Everything that has arrived at the upstream since it was last asked. */
export async function takeReceived(): Promise<Echo[]> {
  const answer = await fetch(`${upstreamUrl}/__received`, { method: "DELETE" });
  return answer.json();
}
