import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { type IssuerServer, listen, startIssuer, type Upstream } from "@org/testkit/node";
import { startLlmUpstream } from "./llm-upstream.ts";
import { type Caller, callerFor, LOCAL_API_KEY, readSettings, type Settings } from "./settings.ts";
import { openStageFolder } from "./stage-folder.ts";
import { startWorker, type WorkerProcess } from "./worker-process.ts";

export interface StageOptions {
  /** Settings of the worker, over everything else; an empty string unsets. */
  settings?: Settings;
  /** What the developer has set. Default: `.dev.vars` and the environment. */
  developer?: Settings;
  /** Where key, addresses, log and storage are kept. Default: `apps/local/.stage`. */
  dir?: string | undefined;
  /** Ports to prefer; a port that is taken is replaced by a free one. Default: any free port. */
  ports?: { issuer: number; upstream: number; worker: number };
  /** Aborted: stop starting, and leave nothing behind. */
  signal?: AbortSignal;
}

export interface Stage {
  readonly issuer: IssuerServer;
  readonly upstream: Upstream;
  /** The worker that runs now. */
  readonly worker: WorkerProcess;
  readonly logFile: string;
  readonly settings: Settings;
  /** Whether the worker forwards to the local upstream, and not to a real API. */
  readonly isLocal: boolean;
  readonly caller: Caller;
  /** A token of the caller; a claim given as `undefined` is left out. */
  mint(claims?: Record<string, unknown>): Promise<string>;
  /** End the worker and start it anew on the same address and storage, with these settings changed. */
  restartWorker(settings?: Settings): Promise<void>;
  /** End everything that was started; resolves once it is gone. */
  close(): Promise<void>;
}

/** Start a local issuer, a local upstream and, by `wrangler dev`, the worker between them. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const { ports, signal, developer = readSettings() } = options;
  const folder = openStageFolder(options.dir);
  mkdirSync(folder.runDir, { recursive: true });
  const closers: (() => unknown)[] = [() => folder.clear()];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const caller = callerFor({ ...developer, ...options.settings });
    const { audience, ...jobClaims } = caller;
    const issuer = await startIssuer({ port: ports?.issuer ?? 0, key: await folder.signingKey(), audience, jobClaims });
    closers.push(issuer.close);
    const upstream = await startLlmUpstream({ apiKey: LOCAL_API_KEY, port: ports?.upstream ?? 0 });
    closers.push(upstream.close);

    const local = { UPSTREAM_URL: upstream.url, UPSTREAM_API_KEY: LOCAL_API_KEY };
    let settings = { ...local, ...developer, OIDC_ISSUER: issuer.url, ...options.settings };
    const { logFile } = folder;
    writeFileSync(logFile, "");
    const startOn = (port: number) =>
      startWorker({ settings, port, signal, logFile, storageDir: join(folder.runDir, "storage") });
    let worker = await startOn(await freePort(ports?.worker));
    closers.push(() => worker.close());
    folder.writeNote({ pid: process.pid, issuer: issuer.url, worker: worker.url, upstream: upstream.url, ...caller });

    return {
      issuer,
      upstream,
      logFile,
      caller,
      get worker() {
        return worker;
      },
      get settings() {
        return settings;
      },
      get isLocal() {
        return settings.UPSTREAM_URL === upstream.url;
      },
      mint: (claims) => issuer.issuer.mint({ ...jobClaims, ...claims }),
      async restartWorker(changed) {
        await worker.close();
        settings = { ...settings, ...changed };
        worker = await startOn(worker.port);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `preferred` if nobody listens there, else 0 for any. */
async function freePort(preferred = 0): Promise<number> {
  const { port, close } = await listen(createServer(), preferred);
  await close();
  return port === preferred ? port : 0;
}
