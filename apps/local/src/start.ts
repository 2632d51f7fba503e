import { relative } from "node:path";
import { parseArgs, styleText } from "node:util";
import { curlBlock } from "./curl-block.ts";
import { DEFAULT_PORTS } from "./ports.ts";
import { loadDevVars } from "./settings.ts";
import { type Stage, startStage } from "./stage.ts";
import { walkSteps } from "./walk.ts";

const USAGE = `Run the proxy on this machine, with a local issuer and a local upstream, and show what it does.

  npx --yes pnpm@12.21.0 start [options]

  --once             end after the walk: 0 if all went well, else 1
  --dir <folder>     where key, addresses and storage are kept; default: apps/local/.stage
  --dev-vars <file>  settings of the worker; default: apps/worker/.dev.vars, if it exists

The environment wins over the file. With UPSTREAM_URL and UPSTREAM_API_KEY the worker forwards to a real API.
`;

const options = readOptions();

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stopped.abort());

/** Undefined, and the usage on standard error, if they cannot be meant. */
function readOptions() {
  try {
    return parseArgs({
      options: {
        once: { type: "boolean", default: false },
        dir: { type: "string" },
        "dev-vars": { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

async function main(options: NonNullable<ReturnType<typeof readOptions>>): Promise<number> {
  console.log("Starting a local issuer, a local upstream and the worker …");
  loadDevVars(options["dev-vars"]);
  const stage = await startStage({ dir: options.dir, ports: DEFAULT_PORTS, signal: stopped.signal });
  try {
    introduce(stage);
    const ok = await Promise.race([walk(stage), interruption()]);
    if (!options.once) {
      invite(stage, options.dir);
      await Promise.race([interruption().catch(() => {}), stage.worker.ended]);
      if (!stopped.signal.aborted) throw new Error(`The worker has ended by itself; see ${stage.logFile}`);
      console.log("\nStopping …");
    }
    return ok ? 0 : 1;
  } finally {
    await stage.close();
  }
}

/** Never resolves; rejects when the process is told to stop. */
function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    stopped.signal.addEventListener("abort", () => reject(stopped.signal.reason), { once: true });
  });
}

function report(error: Error): number {
  if (stopped.signal.aborted) return 130;
  console.error(styleText("red", error.message));
  return 1;
}

function introduce(stage: Stage): void {
  const upstream = stage.isLocal ? "speaks the Anthropic and OpenAI APIs" : "not used: a real one is set";
  console.log(`
  worker    ${stage.worker.url}   forwards to ${stage.settings.UPSTREAM_URL || "its ROUTES"}
  issuer    ${stage.issuer.url}   signs tokens as GitHub does
  upstream  ${stage.upstream.url}   ${upstream}
  log       ${relative(process.cwd(), stage.logFile)}
`);
}

async function walk(stage: Stage): Promise<boolean> {
  let failed = 0;
  for (const [index, step] of walkSteps(stage).entries()) {
    console.log(styleText("bold", `${index + 1}. ${step.title}`));
    try {
      for (const line of await step.run()) console.log(`   ${styleText("green", "✓")} ${line}`);
    } catch (error) {
      if (stopped.signal.aborted) return false;
      failed++;
      console.log(`   ${styleText("red", "✗")} ${(error as Error).message}`);
    }
  }
  console.log(failed === 0 ? "\nAll as it should be." : `\n${failed} not as it should be; see ${stage.logFile}`);
  return failed === 0;
}

function invite(stage: Stage, dir: string | undefined): void {
  console.log(`
Now you, from this folder:

${curlBlock(stage, dir).join("\n")}

The first line mints a token, for a few requests and five minutes; --help after mint lists its options. Ctrl-C ends everything.
`);
  if (stage.isLocal) showRequests(stage);
}

/** From now on print a line for each request that reaches the local upstream. */
function showRequests({ upstream }: Stage): void {
  const answer = upstream.handler;
  upstream.handler = (request, response, received) => {
    const { "x-api-key": key, authorization } = received.headers;
    const credential = key ? `x-api-key: ${key}` : `authorization: ${authorization}`;
    console.log(`upstream received ${received.method} ${received.url} with ${credential}`);
    answer(request, response, received);
  };
}

// At the end: whatever is declared above is there now.
if (options?.help) console.log(USAGE);
else process.exitCode = options ? await main(options).catch(report) : 2;
