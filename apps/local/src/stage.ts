import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type IssuerServer, startIssuer } from "@org/issuer-server";
import { listen, type Upstream } from "@org/testkit/node";
import { startLlmUpstream } from "./llm-upstream.ts";
import { type Caller, callerFor, LOCAL_API_KEY, layer, readSettings, type Settings } from "./settings.ts";
import { openStageFolder, type StageFolder } from "./stage-folder.ts";
import { startWorker, startWorkerNear, type WorkerOptions, type WorkerProcess } from "./worker-process.ts";

export interface StageOptions {
  /** Settings of the worker, over everything else; an empty string unsets. */
  settings?: Settings;
  /** What the developer has set. Default: what is in the environment. */
  developer?: Settings;
  /** Where key, addresses, log and storage are kept. Default: `apps/local/.stage`. */
  dir?: string | undefined;
  /** Ports to prefer; a port that is taken is replaced by a free one. Default: any free port. */
  ports?: { issuer: number; upstream: number; worker: number };
  /** Aborted: stop starting, and leave nothing behind. */
  signal?: AbortSignal;
}

interface RestartableWorker extends Omit<WorkerProcess, "port"> {
  /** End it and start it anew on the same address and storage, with these of its first settings changed. */
  restart(changed?: Settings): Promise<void>;
}

export interface Stage {
  readonly issuer: IssuerServer;
  readonly upstream: Upstream;
  readonly worker: RestartableWorker;
  readonly logFile: string;
  readonly settings: Settings;
  /** Whether the worker forwards to the local upstream, and not to a real API. */
  readonly isLocal: boolean;
  readonly caller: Caller;
  /** A token of the caller; a claim given as `undefined` is left out. */
  mint(claims?: Record<string, unknown>): Promise<string>;
  /** End everything that was started; resolves once it is gone. */
  close(): Promise<void>;
}

/**
 * Start a local issuer, a local upstream and, by `wrangler dev`, the worker between them.
 * @throws Error if the worker does not start; nothing is left behind then.
 */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const folder = openStageFolder(options.dir);
  const closers: (() => unknown)[] = [folder.clear];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    return { ...(await assemble(options, folder, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function assemble(
  options: StageOptions,
  folder: StageFolder,
  closers: (() => unknown)[],
): Promise<Omit<Stage, "close">> {
  const { ports, signal, developer = readSettings() } = options;
  const chosen = layer(developer, options.settings ?? {});
  const caller = callerFor(chosen);
  const { audience, ...jobClaims } = caller;
  const key = await folder.signingKey();
  const issuer = await startIssuer({ port: ports?.issuer ?? 0, key, audience, jobClaims });
  closers.push(issuer.close);
  const upstream = await startLlmUpstream({ apiKey: LOCAL_API_KEY, port: ports?.upstream ?? 0 });
  closers.push(upstream.close);

  const local = { UPSTREAM_URL: upstream.url, UPSTREAM_API_KEY: LOCAL_API_KEY };
  const settings: Settings = { ...layer(local, chosen), OIDC_ISSUER: issuer.url };
  const { logFile, runDir } = folder;
  writeFileSync(logFile, "");
  const port = await freePort(ports?.worker);
  const worker = await startRestartableWorker({ settings, port, runDir, logFile, signal });
  closers.push(worker.close);
  folder.writeNote({
    startedAt: Date.now(),
    issuer: issuer.url,
    worker: worker.url,
    upstream: upstream.url,
    ...caller,
  });
  return {
    issuer,
    upstream,
    worker,
    logFile,
    caller,
    settings,
    isLocal: settings.UPSTREAM_URL === upstream.url,
    mint: (claims) => issuer.issuer.mint({ ...jobClaims, ...claims }),
  };
}

async function startRestartableWorker(options: WorkerOptions): Promise<RestartableWorker> {
  let running = await startWorkerNear(options);
  const { url, port } = running;
  const close = () => running.close();
  const restart = async (changed: Settings = {}) => {
    await close();
    running = await startWorker({ ...options, port, settings: { ...options.settings, ...changed } });
  };
  return {
    url,
    close,
    restart,
    get groupId() {
      return running.groupId;
    },
    get ended() {
      return running.ended;
    },
  };
}

/** `preferred` if nobody listens there, else 0 for any. */
async function freePort(preferred = 0): Promise<number> {
  const { port, close } = await listen(createServer(), preferred);
  await close();
  return port === preferred ? port : 0;
}
