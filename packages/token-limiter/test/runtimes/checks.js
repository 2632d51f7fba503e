// The whole conformance suite on the built package, for any runtime.
import { createMemoryLimiter } from "@org/token-limiter";
import { conformanceCases } from "@org/token-limiter/conformance";

const target = {
  lacks: ["restart", "connect", "measure_bytes"],
  create(limit) {
    let now = Date.UTC(2026, 0, 1);
    const limiter = createMemoryLimiter(limit, { clock: () => now });
    return {
      limiter,
      setNow(epochMs) {
        now = epochMs;
      },
      countKeys: () => limiter.size,
    };
  },
};
for (const { name, run } of conformanceCases(target)) {
  try {
    await run();
  } catch (error) {
    throw new Error(`${name}: ${error.message}`);
  }
}

export const result = "every check passes";
console.log(result);
