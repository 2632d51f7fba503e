import { defineConfig } from "vitest/config";

/** A busy machine is slow, not wrong. */
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
