/** A key, told by its index, and what was known when a request was sent with it. */
export interface Choice {
  readonly key: number;
  /** Counts the news: a trial's beginning and its proof, and another key preferred. */
  readonly era: number;
}

/** What the answers so far say of a route's keys. */
export interface KeyState {
  /** The key for the next request: the one that works, as far as is known, unless that is in doubt. */
  choose(): Choice;
  /** The key that works, as far as is known. */
  preferred(): Choice;
  /** Says what an answer means for the key, where no trial has told more. */
  note(sent: Choice, status: number): void;
  /** Whether a trial may begin: then it has, and has come to nothing until it says otherwise. */
  startTrial(): boolean;
  /** The trial sends its request with this key now. */
  tries(key: number): void;
  /** A trial has shown that these keys are refused, and this one is not. */
  reject(refused: readonly number[], proven: number): void;
  /** The trial is over, however it went. */
  endTrial(): void;
  /** Whether a trial has rejected the key since it was chosen. */
  isRejectedSince(sent: Choice): boolean;
}

/** After a trial that came to nothing, none for so long; and so patient are probes with a key that does not pass. Milliseconds. */
const PAUSE_MS = 60_000;

/** A 401 comes quickly: a trial that is unanswered for so long has probably passed. Milliseconds. */
export const OVERDUE_MS = 1000;

/** Whether the upstream has accepted the key. Anything but success it may also say before it looks at one. */
export function isProof(status: number): boolean {
  return status === 101 || (status >= 200 && status < 300);
}

/** Enough to use the key, and not to reject another: some upstreams answer with hardly anything but redirects and 304. */
function isPass(status: number): boolean {
  return isProof(status) || (status >= 300 && status < 400);
}

/** @param onRejected - Told of a key that a trial has rejected: once, until it works again. */
export function createKeyState(count: number, onRejected: (key: number) => void): KeyState {
  const keys = Array.from({ length: count }, (_, key) => key);
  let preferred = 0;
  let era = 0;
  let trialAtMs = Number.NEGATIVE_INFINITY;
  let probeAtMs = Number.NEGATIVE_INFINITY;
  /** When the preferred key was first refused, if it has not passed since. */
  let doubtAtMs: number | undefined;
  /** What a trial under way has sent, until other answers tell. */
  let tried: { key: number; atMs: number } | undefined;
  /** By a trial: used again once another trial says so. */
  const rejected = new Map<number, { era: number; atMs: number }>();

  function prefer(key: number): void {
    if (key !== preferred) era++;
    preferred = key;
    doubtAtMs = undefined;
    tried = undefined;
  }

  /** In doubt one request in a minute is a probe, then more the longer the preferred key has not passed; after a minute half of all. */
  function isProbe(): boolean {
    if (doubtAtMs === undefined || Math.random() < 0.5) return false; // turn by turn could fall in step with a caller
    if (!isOver(probeAtMs, PAUSE_MS - Math.abs(Date.now() - doubtAtMs))) return false;
    probeAtMs = Date.now();
    return true;
  }

  function chooseKey(): number {
    if (tried && isOver(tried.atMs, OVERDUE_MS) && !isOver(tried.atMs)) return tried.key; // its caller may be gone
    if (!isProbe()) return preferred;
    const others = keys.filter((key) => key !== preferred && !rejected.has(key));
    return others[Math.floor(Math.random() * others.length)] ?? preferred;
  }

  return {
    choose: () => ({ key: chooseKey(), era }),
    preferred: () => ({ key: preferred, era }),
    note(sent, status) {
      if (sent.era !== era) return; // late news
      if (isPass(status)) prefer(sent.key);
      if (status !== 401) return;
      if (sent.key === preferred) doubtAtMs ??= Date.now();
      else tried = undefined;
    },
    startTrial() {
      if (!isOver(trialAtMs)) return false;
      trialAtMs = Date.now();
      return true;
    },
    tries(key) {
      era++;
      tried = rejected.has(key) ? undefined : { key, atMs: Date.now() };
    },
    reject(refused, proven) {
      // Keys that reject each other in turn say more of the caller's requests than of the keys: then the next trial has to wait.
      if (isOver(rejected.get(proven)?.atMs)) trialAtMs = Number.NEGATIVE_INFINITY;
      era++;
      rejected.delete(proven);
      for (const key of refused) {
        if (!rejected.has(key)) onRejected(key);
        rejected.set(key, { era, atMs: Date.now() });
      }
      prefer(proven);
    },
    endTrial() {
      tried = undefined;
    },
    isRejectedSince: (sent) => (rejected.get(sent.key)?.era ?? 0) > sent.era,
  };
}

/** A clock that was set back ends a pause, too. */
function isOver(sinceMs: number = Number.NEGATIVE_INFINITY, pauseMs = PAUSE_MS): boolean {
  return Math.abs(Date.now() - sinceMs) >= pauseMs;
}
