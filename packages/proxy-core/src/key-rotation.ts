import { createKeyState, isProof } from "./key-state.ts";
import { createKeyTrial } from "./key-trial.ts";

/** Sends the request with the key of this index. */
type Attempt = (key: number) => Promise<Response>;

/** Finds out which of a route's keys works, at a cost that no caller can drive up. */
export interface KeyRotation {
  /** Send a request; and once more with another key, if a 401 may be the key's fault and the request can be repeated. */
  send(attempt: Attempt, isRepeatable: boolean): Promise<Response>;
}

/**
 * A 401 can be the key's fault or the caller's own. A *trial* tells: the same request, with the other keys. If one of them
 * passes, the first is rejected; if none does, the 401 is the caller's. Trials cost a request each, so one that comes to nothing
 * bars the next for a minute. Meanwhile a 401 puts the key *in doubt*: each request is still sent once, but over the keys by
 * turns, until one passes. So own 401s neither double requests nor hide a key that was revoked.
 *
 * @param onRejected - Told of a key that a trial has rejected: once, until it works again.
 */
export function createKeyRotation(count: number, onRejected: (key: number) => void): KeyRotation {
  if (count === 1) return { send: (attempt) => attempt(0) };
  const state = createKeyState(count, onRejected);
  const trial = createKeyTrial();

  function noted(key: number, response: Response): Response {
    state.note(key, response.status);
    return response;
  }

  /** The same request with one key after the other, until one is not refused. */
  async function tryOthers(refused: number, refusal: Response, attempt: Attempt): Promise<Response> {
    const rejected = [refused];
    let response = refusal;
    let isSettled = false;
    try {
      for (let step = 1; step < count && response.status === 401; step++) {
        await response.body?.cancel();
        const key = (refused + step) % count;
        response = await attempt(key);
        if (isProof(response.status)) state.reject(rejected, key);
        rejected.push(key);
      }
      isSettled = response.status === 401 || isProof(response.status);
      return response;
    } finally {
      if (!isSettled) state.note(refused, 401);
    }
  }

  return {
    async send(attempt, isRepeatable) {
      const key = state.choose();
      const era = state.era();
      const response = await attempt(key);
      if (response.status !== 401 || !isRepeatable) return noted(key, response);
      while (!state.isRejectedSince(key, era) && trial.isUnderWay()) await trial.wait();
      if (state.isRejectedSince(key, era)) {
        await response.body?.cancel();
        const proven = state.preferred();
        return noted(proven, await attempt(proven));
      }
      return state.startTrial() ? trial.run(() => tryOthers(key, response, attempt)) : noted(key, response);
    },
  };
}
