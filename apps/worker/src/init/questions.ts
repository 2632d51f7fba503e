import { intro, isCancel, multiselect, text } from "@clack/prompts";
import type { Answers, Question } from "./answers.ts";
import { faultOf } from "./judge.ts";
import { presetNames, upstreamVars } from "./upstreams.ts";

/** Whoever was asked does not want to answer. */
export class Cancelled extends Error {}

/** Asks at the terminal, in this order. What is answered is judged at once. */
export async function ask(questions: readonly Question[]): Promise<Answers> {
  intro("A worker of your own");
  const vars: Record<string, unknown> = {};
  for (const question of questions) Object.assign(vars, await ways[question]());
  return { vars };
}

const ways: Readonly<Record<Question, () => Promise<Record<string, unknown>>>> = {
  audience: async () => ({
    OIDC_AUDIENCE: await askFor(
      "OIDC_AUDIENCE",
      "Audience: a word that your workflow asks its token for",
      "acme-oidc-proxy",
    ),
  }),
  repos: async () => ({
    ALLOWED_REPOS: await askFor(
      "ALLOWED_REPOS",
      "Repositories that may call, with commas",
      "your-org/your-repo, your-org/*",
    ),
  }),
  upstream: askUpstream,
};

async function askUpstream(): Promise<Record<string, unknown>> {
  const presets = answered(
    await multiselect({
      message: "APIs (blank marks, return ends; none: another API, by its address)",
      options: presetNames.map((value) => ({ value, label: value })),
      required: false,
    }),
  );
  if (presets.length > 0) {
    const upstream = presets.includes("azure-openai") ? await askForAddress("Your address at Azure") : undefined;
    return upstreamVars({ presets, upstream });
  }
  return upstreamVars({
    upstream: await askForAddress("The API's address"),
    authHeader: await askFor("UPSTREAM_AUTH_HEADER", "The header for the key", "", "Authorization"),
    authPrefix: answered(
      await text({ message: "What stands before the key there, with the blank", initialValue: "Bearer " }),
    ),
  });
}

const askForAddress = (message: string) => askFor("UPSTREAM_URL", message, "https://api.example.com");

async function askFor(variable: string, message: string, placeholder: string, initialValue = ""): Promise<string> {
  const validate = (value = "") => (value === "" ? "is needed" : faultOf(variable, value));
  return answered(await text({ message, placeholder, initialValue, validate }));
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new Cancelled();
  return answer as Exclude<T, symbol>;
}
