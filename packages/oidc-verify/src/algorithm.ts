/** Algorithms that a key may declare. Never `none`, never a symmetric one. */
export type Algorithm = "RS256" | "RS384" | "RS512" | "ES256" | "ES384";

export const ALGORITHMS: ReadonlySet<string> = new Set<Algorithm>(["RS256", "RS384", "RS512", "ES256", "ES384"]);
