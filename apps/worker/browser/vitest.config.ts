import { defineConfig } from "vitest/config";

// Needs Chromium (Debian's package, or CHROMIUM_PATH), so the plain test command leaves it out.
export default defineConfig({ test: { root: import.meta.dirname, include: ["*.test.ts"], testTimeout: 60_000 } });
