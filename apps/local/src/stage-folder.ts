import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSigningKey, type SigningKeyData } from "@org/oidc-verify/testing";

/** What `mint` needs to know of a running stage. */
interface StageNote {
  /** Epoch milliseconds. */
  startedAt: number;
  issuer: string;
  worker: string;
  upstream: string;
  audience: string;
  repository: string;
  ref: string;
}

/** The folder in which a stage keeps its signing key, its addresses, its log and its storage. Never committed. */
export interface StageFolder {
  /** The signing key; made at the first call, the same ever after. */
  signingKey(): Promise<SigningKeyData>;
  writeNote(note: StageNote): void;
  /** The note of the stage that runs now, if one does; of several, the one that started last. */
  readNote(): StageNote | undefined;
  /** This process's own storage, so that two stages do not meet in one database. */
  readonly runDir: string;
  /** What wrangler prints. */
  readonly logFile: string;
  /** Forget this process's run. */
  clear(): void;
}

const defaultStageDir: string = fileURLToPath(new URL("../.stage", import.meta.url));

/** Open the folder, and make it if it is not there. */
export function openStageFolder(dir: string = defaultStageDir): StageFolder {
  const keyFile = join(dir, "key.json");
  const runDir = join(dir, `run-${process.pid}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return {
    runDir,
    logFile: join(dir, "worker.log"),
    async signingKey() {
      return readJson<SigningKeyData>(keyFile) ?? saveNewKey(keyFile);
    },
    writeNote(note) {
      mkdirSync(runDir, { recursive: true });
      writeFileSync(join(runDir, "stage.json"), JSON.stringify(note));
    },
    readNote() {
      const runs = readRuns(dir).filter(({ pid }) => isAlive(pid));
      const notes = runs.map(({ path }) => readJson<StageNote>(join(path, "stage.json")));
      return notes.filter((note) => note !== undefined).sort((a, b) => b.startedAt - a.startedAt)[0];
    },
    clear() {
      const over = readRuns(dir).filter(({ pid }) => pid === process.pid || !isAlive(pid)); // ours, and crashed ones
      for (const { path } of over) rmSync(path, { recursive: true, force: true });
    },
  };
}

function readRuns(dir: string): { pid: number; path: string }[] {
  const names = readdirSync(dir).filter((name) => /^run-\d+$/.test(name));
  return names.map((name) => ({ pid: Number(name.slice(4)), path: join(dir, name) }));
}

async function saveNewKey(file: string): Promise<SigningKeyData> {
  const { kid, alg, privateJwk } = await createSigningKey();
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify({ kid, alg, privateJwk }), { mode: 0o600 });
  try {
    linkSync(draft, file); // whole or not at all, and never over the key of another process
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readJson<SigningKeyData>(file) as SigningKeyData;
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file} cannot be read; delete it to have it made anew`, { cause: error });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
