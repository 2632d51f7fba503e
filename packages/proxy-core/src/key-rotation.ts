import { type Choice, createKeyState, isProof } from "./key-state.ts";
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
 * bars the next for a minute. Meanwhile a 401 puts the key *in doubt*: each request is still sent once, but now and then one
 * with another key, until one passes. So own 401s neither double requests nor hide a key that was revoked, and cost others
 * little while the other key does not work.
 *
 * Requests that are refused during a trial wait for it, but not long: then they keep their 401, as it may be their own. New
 * ones take the key that the trial is waiting for, until that is refused.
 *
 * @param onRejected - Told of a key that a trial has rejected: once, until it works again.
 */
export function createKeyRotation(count: number, onRejected: (key: number) => void): KeyRotation {
  if (count === 1) return { send: (attempt) => attempt(0) };
  const state = createKeyState(count, onRejected);
  const trial = createKeyTrial();

  async function sendOnce(sent: Choice, attempt: Attempt): Promise<Response> {
    const response = await attempt(sent.key);
    state.note(sent, response.status);
    return response;
  }

  /** The same request with one key after the other, until one is not refused. */
  async function tryOthers(refused: number, refusal: Response, attempt: Attempt): Promise<Response> {
    const rejected = [refused];
    let response = refusal;
    try {
      for (let step = 1; step < count && response.status === 401; step++) {
        await response.body?.cancel();
        const key = (refused + step) % count;
        state.tries(key);
        response = await attempt(key);
        if (isProof(response.status)) state.reject(rejected, key);
        rejected.push(key);
      }
      return response;
    } finally {
      state.endTrial();
    }
  }

  return {
    async send(attempt, isRepeatable) {
      const sent = state.choose();
      const response = await attempt(sent.key);
      if (response.status === 401 && isRepeatable) {
        if (!state.isRejectedSince(sent) && trial.isUnderWay()) await trial.wait();
        if (state.isRejectedSince(sent)) {
          await response.body?.cancel();
          return sendOnce(state.preferred(), attempt);
        }
        if (state.startTrial()) return trial.run(() => tryOthers(sent.key, response, attempt));
      }
      state.note(sent, response.status);
      return response;
    },
  };
}
