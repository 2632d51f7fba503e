/** What the answers so far say of a route's keys. Keys are told by their index. */
export interface KeyState {
  /** The key that works, as far as is known. */
  preferred(): number;
  /** The key for the next request: the preferred one, unless that is in doubt. */
  choose(): number;
  /** Says what an answer means for the key, where no trial has told more. */
  note(key: number, status: number): void;
  /** Whether a trial may begin: then it has, and has come to nothing until it says otherwise. */
  startTrial(): boolean;
  /** A trial has shown that these keys are refused, and this one is not. */
  reject(refused: readonly number[], proven: number): void;
  /** Counts the trials that have rejected a key. */
  era(): number;
  isRejectedSince(key: number, era: number): boolean;
}

/** After a trial that came to nothing, none for so long; and so long a key is left alone that proved worse. Milliseconds. */
const PAUSE_MS = 60_000;

/** Whether the upstream has accepted the key: the others it may say before it looks at one. */
export function isProof(status: number): boolean {
  return status !== 401 && status !== 408 && status !== 425 && status !== 429 && status < 500;
}

/** @param onRejected - Told of a key that a trial has rejected: once, until it works again. */
export function createKeyState(count: number, onRejected: (key: number) => void): KeyState {
  const keys = Array.from({ length: count }, (_, key) => key);
  let preferred = 0;
  let era = 0;
  let trialAtMs = Number.NEGATIVE_INFINITY;
  /** Requests sent, and keys refused, since the preferred key was refused. */
  let doubt: { turns: number; refused: Set<number> } | undefined;
  /** By a trial: used again once another trial says so. */
  const rejected = new Map<number, { era: number; atMs: number }>();
  /** Refused while the preferred key turned out to work, by the time. */
  const shelved = new Map<number, number>();

  function prefer(key: number): void {
    preferred = key;
    doubt = undefined;
  }

  function pass(key: number): void {
    if (!doubt || rejected.has(key)) return; // late news of a key that was left behind
    if (key === preferred) for (const worse of doubt.refused) shelved.set(worse, Date.now());
    prefer(key);
  }

  return {
    preferred: () => preferred,
    choose() {
      if (!doubt) return preferred;
      const isOpen = (key: number) => key !== preferred && !rejected.has(key) && isOver(shelved.get(key));
      const others = keys.filter(isOpen);
      // Another one first, then by chance: turn by turn could fall in step with a caller.
      if (doubt.turns++ > 0 && Math.random() < 0.5) return preferred;
      return others[Math.floor(Math.random() * others.length)] ?? preferred;
    },
    note(key, status) {
      if (isProof(status)) pass(key);
      if (status !== 401) return;
      if (key === preferred) doubt ??= { turns: 0, refused: new Set() };
      else doubt?.refused.add(key);
    },
    startTrial() {
      if (!isOver(trialAtMs)) return false;
      trialAtMs = Date.now();
      return true;
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
    era: () => era,
    isRejectedSince: (key, since) => (rejected.get(key)?.era ?? 0) > since,
  };
}

/** A clock that was set back ends a pause, too. */
function isOver(sinceMs: number = Number.NEGATIVE_INFINITY): boolean {
  return Math.abs(Date.now() - sinceMs) >= PAUSE_MS;
}
