import {
  answerRefusal,
  challengeFor,
  createRouter,
  drain,
  type Handler,
  ProxyError,
  type RouteOptions,
  readCredential,
} from "@org/proxy-core";

interface Route extends RouteOptions {
  team: string;
}

const router = createRouter<Route>(
  [
    { prefix: "/openai", preset: "openai", key: readSecret("OPENAI_KEY"), team: "search" },
    {
      prefix: "/llm",
      upstream: "https://llm.internal.example/v2",
      authHeader: "Authorization",
      authPrefix: "Bearer ",
      key: [readSecret("LLM_KEY"), readSecret("LLM_KEY_NEXT")],
      allow: ["POST /chat", "GET /models/*"],
      team: "platform",
    },
  ],
  { upstreamTimeoutMs: 60_000, onEvent: (event) => console.warn(JSON.stringify(event)) },
);

export const handler: Handler = async (request) => {
  let route: Route | undefined;
  try {
    const match = router.match(request);
    route = match.route;
    if (!(await isKnown(readCredential(request), route.team))) throw new ProxyError("not_authorized");
    return await match.forward(request);
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    await drain(request); // else who still writes may never read the answer
    const { status, code, message: text } = error;
    const headers = code === "missing_token" ? { "www-authenticate": challengeFor(request) } : {};
    return answerRefusal({ status, code, text, headers }, route ?? error.route);
  }
};
