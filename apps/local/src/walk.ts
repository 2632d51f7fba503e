import { type Entrance, entrancesOf } from "./routes.ts";
import { describe, post, read, sendMessage, sendTo } from "./send.ts";
import { LOCAL_API_KEY } from "./settings.ts";
import type { Stage } from "./stage.ts";

/** One thing that the proxy does, shown on the running stage. */
export interface Step {
  title: string;
  /**
   * Do it, and say what happened, a line each.
   * @throws Error that says what was expected, if something else happened.
   */
  run(): Promise<string[]>;
}

/** With a bigger budget nobody wants to watch how it is used up. */
const BUDGET_TO_WATCH = 50;

/**
 * The main job, step by step. With a real upstream: only what costs nothing there, and one request that reaches it. With
 * routes or a trust policy, which only their author knows: only what is always refused.
 */
export function walkSteps(stage: Stage): Step[] {
  const { ROUTES, TRUST_POLICY } = stage.settings;
  const messages = { method: "POST", path: "/v1/messages", isTrustItsOwn: false };
  const entrances = ROUTES ? entrancesOf(ROUTES) : [messages];
  const refused = (entrances.length > 0 ? entrances : [messages]).flatMap((entrance) => refusals(stage, entrance));
  if (ROUTES || TRUST_POLICY) return refused;
  if (!stage.isLocal) return [...refused, reachesRealUpstream(stage)];
  const budget = limitOf(stage, "MAX_REQUESTS_PER_TOKEN", 200);
  const spending = budget > BUDGET_TO_WATCH ? [] : [budgetExhausted(stage, budget)];
  const rate = limitOf(stage, "RATE_LIMIT_PER_SECOND", 2);
  return [accepted(stage), ...refused, streamed(stage), rateLimited(stage, rate), ...spending];
}

const limitOf = ({ settings }: Stage, name: string, fallback: number) => Number(settings[name] || fallback);

function accepted(stage: Stage): Step {
  return {
    title: `A job of ${stage.caller.repository} sends its token where the API key would be`,
    async run() {
      const token = await stage.mint();
      const answer = await sendMessage(stage, token);
      expectThat(answer.status === 200, `200, but it was ${describe(answer)}`);
      const [received] = stage.upstream.received.slice(-1);
      const carriers = Object.entries(received?.headers ?? {}).filter(([, value]) => value.includes(LOCAL_API_KEY));
      expectThat(carriers.length > 0, "the upstream to receive its key, but it did not");
      expectThat(!JSON.stringify(received).includes(token.slice(-40)), "no token at the upstream, but it received it");
      return [
        `200 "${JSON.parse(answer.body).content[0].text}"`,
        `the upstream received ${carriers.map(([name, value]) => `${name}: ${value}`).join(", ")}, and no token`,
      ];
    },
  };
}

/** What is refused there whoever is trusted; another repository only where the list of repositories decides. */
function refusals(stage: Stage, entrance: Entrance): Step[] {
  const isListed = Boolean(stage.settings.ALLOWED_REPOS) && !entrance.isTrustItsOwn;
  return [...(isListed ? [wrongRepository(stage, entrance)] : []), wrongAudience(stage, entrance)];
}

function wrongRepository(stage: Stage, entrance: Entrance): Step {
  return {
    title: `A job of another repository sends ${entrance.method} ${entrance.path}`,
    run: async () => refusal(stage, entrance, await stage.mint({ repository: "somebody-else/fork" }), 403),
  };
}

function wrongAudience(stage: Stage, entrance: Entrance): Step {
  return {
    title: `A token that was issued for another service is sent with ${entrance.method} ${entrance.path}`,
    run: async () => refusal(stage, entrance, await stage.mint({ aud: "sts.amazonaws.com" }), 401),
  };
}

async function refusal(stage: Stage, entrance: Entrance, token: string, status: number): Promise<string[]> {
  const before = stage.upstream.received.length;
  const answer = await sendTo(stage, entrance, token);
  expectThat(answer.status === status && answer.code !== null, `${status}, but it was ${describe(answer)}`);
  if (!stage.isLocal) return [describe(answer)]; // what a real upstream received nobody here can see
  expectThat(stage.upstream.received.length === before, "nothing at the upstream, but something arrived");
  return [describe(answer), "the upstream received nothing"];
}

function streamed(stage: Stage): Step {
  return {
    title: "The model's answer is streamed (server-sent events)",
    async run() {
      const response = await post(stage, await stage.mint(), true);
      expectThat(response.status === 200 && response.body !== null, `200, but it was ${response.status}`);
      const started = performance.now();
      const times: number[] = [];
      for await (const _ of response.body as ReadableStream<Uint8Array>) times.push(performance.now() - started);
      expectThat(times.length > 1, "several chunks, but all came at once");
      const [first = 0, last = 0] = [times[0], times.at(-1)];
      return [`${times.length} chunks, the first after ${first.toFixed(0)} ms, the last after ${last.toFixed(0)} ms`];
    },
  };
}

function rateLimited(stage: Stage, limit: number): Step {
  return {
    title: `One token sends ${limit * 2} requests at once; ${limit} a second are allowed`,
    async run() {
      // A machine that is very busy may spread them over more than a second: then once more.
      for (let attempt = 0; attempt < 5; attempt++) {
        const token = await stage.mint();
        const answers = await Promise.all(Array.from({ length: limit * 2 }, () => sendMessage(stage, token)));
        const refused = answers.filter(({ code }) => code === "rate_limited");
        const [one] = refused;
        if (one) return [`${answers.length - refused.length} × 200, ${refused.length} × ${describe(one)}`];
      }
      throw new Error("expected 429, but every request passed");
    },
  };
}

function budgetExhausted(stage: Stage, budget: number): Step {
  return {
    title: `One token is used until its budget of ${budget} requests is gone`,
    async run() {
      const token = await stage.mint();
      let passed = 0;
      for (;;) {
        const answer = await sendMessage(stage, token);
        if (answer.code === "budget_exhausted") {
          expectThat(passed === budget, `${budget} requests to pass, but it were ${passed}`);
          return [`${passed} × 200, then ${describe(answer)}`];
        }
        if (answer.code === "rate_limited") await pause(answer.retryAfterMs);
        else expectThat(answer.status === 200 && ++passed <= budget, `429 in the end, but it was ${describe(answer)}`);
      }
    },
  };
}

function reachesRealUpstream(stage: Stage): Step {
  return {
    title: `A job of ${stage.caller.repository} asks ${stage.settings.UPSTREAM_URL} for its models`,
    async run() {
      const headers = { "x-api-key": await stage.mint(), "anthropic-version": "2023-06-01" };
      const answer = await read(await fetch(`${stage.worker.url}/v1/models`, { headers, redirect: "manual" }));
      expectThat(answer.code === null, `an answer of the upstream, but it was the proxy's own: ${describe(answer)}`);
      const isRefused = answer.status === 401 || answer.status === 403;
      expectThat(
        !isRefused,
        `the upstream to take its key, but it answered ${answer.status}: see UPSTREAM_AUTH_HEADER`,
      );
      return [`the upstream answered ${answer.status}`];
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function expectThat(holds: boolean, expectation: string): asserts holds {
  if (!holds) throw new Error(`expected ${expectation}`);
}
