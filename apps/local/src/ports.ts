/** Where a stage listens if it can, so that its addresses are the same from day to day. */
export const DEFAULT_PORTS = { worker: 8787, issuer: 8788, upstream: 8789 } as const;
