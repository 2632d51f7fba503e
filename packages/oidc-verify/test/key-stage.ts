import { expect } from "vitest";
import { createKeyResolver, type KeyResolver, type KeyResolverOptions } from "../src/keys.ts";
import { createIssuer, createManualClock, type ManualClock, type TestIssuer } from "../src/testing.ts";

export const MINUTE = 60_000;

/** An issuer, a clock and a key resolver between them. */
export interface KeyStage {
  clock: ManualClock;
  issuer: TestIssuer;
  keys: KeyResolver;
  make(options?: Partial<KeyResolverOptions>): KeyResolver;
  /** By `keys`; the key that signs now unless another is named. */
  resolve(kid?: string): Promise<CryptoKey>;
  /** Background work is done once the issuer was asked so often and its answer was read. */
  settled(requests: number): Promise<void>;
}

export async function createKeyStage(): Promise<KeyStage> {
  const clock = createManualClock();
  const issuer = await createIssuer({ clock, alg: "ES256" });
  const make = (options: Partial<KeyResolverOptions> = {}) =>
    createKeyResolver({ issuer: issuer.issuer, clock, fetch: issuer.fetch, ...options });
  const stage: KeyStage = {
    clock,
    issuer,
    keys: make(),
    make,
    resolve: (kid = issuer.key.kid) => stage.keys.resolve(kid, "ES256"),
    async settled(requests) {
      await expect.poll(() => issuer.requests.length).toBe(requests);
      await new Promise((done) => setTimeout(done, 0));
    },
  };
  return stage;
}

/** The code with which it was refused, or "found". */
export const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => "found",
    (error: { code?: string }) => error.code,
  );

export const down = (): Response => new Response("down", { status: 503 });
