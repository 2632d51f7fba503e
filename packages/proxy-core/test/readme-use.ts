import { createProxy, withCors } from "@org/proxy-core";

class Refused extends Error {}

const handler = createProxy({
  routes: [{ preset: "anthropic", key: readSecret("ANTHROPIC_KEY") }],
  // Whoever passes here spends your key: throw to refuse.
  authorize: async (credential) => {
    if (!(await isKnown(credential))) throw new Refused();
  },
  onError: (error) => (error instanceof Refused ? Response.json({ error: "Refused" }, { status: 403 }) : undefined),
});

export default { fetch: withCors(handler, { origin: "https://app.example" }) };
