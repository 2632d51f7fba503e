/** `pnpm release:build`: what the release workflow publishes, in a folder. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildRelease } from "./release/build.ts";

const { values } = parseArgs({ options: { plan: { type: "string" }, out: { type: "string" } } });
if (!values.plan || !values.out) throw new Error("pnpm release:build --plan <publish-plan.json> --out <folder>");
await buildRelease(join(import.meta.dirname, ".."), resolve(values.plan), resolve(values.out));
